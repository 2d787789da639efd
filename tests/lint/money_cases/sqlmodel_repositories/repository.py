from typing import Generic, TypeVar

from sqlmodel import Session, SQLModel

from models import Article, SplitRule, Transfer, Wallet

Model = TypeVar("Model", bound=SQLModel)


class Repository(Generic[Model]):
    def __init__(self, model: type[Model], session: Session) -> None:
        self.model = model
        self.session = session

    def create(self, values: SQLModel) -> Model:
        row = self.model.model_validate(values)
        self.session.add(row)  # writes: direct
        self.session.commit()
        return row

    def get(self, key: int) -> Model | None:
        return self.session.get(self.model, key)

    def update(self, row: Model, values: dict) -> Model:
        row.sqlmodel_update(values)
        self.session.add(row)
        self.session.commit()
        return row


class TransferRepository(Repository[Transfer]):
    def __init__(self, session: Session) -> None:
        super().__init__(Transfer, session)

    def settle(self, transfer: Transfer) -> None:
        transfer.status = "settled"  # writes: direct
        self.session.add(transfer)
        self.session.commit()

    def label(self, transfer: Transfer) -> None:
        transfer.status = "reviewed"
        self.session.add(transfer)
        self.session.commit()


class ArticleRepository(Repository[Article]):
    def __init__(self, session: Session) -> None:
        super().__init__(Article, session)


class RuleRepository(Repository[SplitRule]):
    def __init__(self, session: Session) -> None:
        super().__init__(SplitRule, session)


class WalletRepository(Repository[Wallet]):
    def __init__(self, session: Session) -> None:
        super().__init__(Wallet, session)

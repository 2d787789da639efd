from sqlmodel import Session, select

from fastapi_sqlmodel.models import Transfer, TransferIn, User


class UserRepository:
    def __init__(self, session: Session) -> None:
        self.session = session

    def by_token(self, token: str) -> User | None:
        return self.session.exec(select(User).where(User.token == token)).first()

    def seen(self, user: User) -> None:
        user.requests += 1
        self.session.add(user)
        self.session.commit()

    def pay(self, number: int | None, amount: int) -> bool:
        user = self.session.exec(select(User).where(User.id == number).with_for_update()).one()
        if user.balance + amount < 0:
            return False
        user.balance += amount
        self.session.add(user)
        self.session.commit()
        return True


class TransferRepository:
    def __init__(self, session: Session) -> None:
        self.session = session

    def create(self, sender: int | None, asked: TransferIn) -> Transfer:
        transfer = Transfer.model_validate(asked, update={"sender": sender})
        self.session.add(transfer)
        self.session.commit()
        self.session.refresh(transfer)
        return transfer

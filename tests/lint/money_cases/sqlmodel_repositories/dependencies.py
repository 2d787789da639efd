from typing import Annotated

from fastapi import Depends
from sqlmodel import Session, create_engine

from repository import ArticleRepository, RuleRepository, TransferRepository, WalletRepository

engine = create_engine("postgresql+psycopg://localhost/wallets")


def session():
    with Session(engine) as opened:
        yield opened


OpenSession = Annotated[Session, Depends(session)]


def transfers(session: OpenSession) -> TransferRepository:
    return TransferRepository(session)


def articles(session: OpenSession) -> ArticleRepository:
    return ArticleRepository(session)


def rules(session: OpenSession) -> RuleRepository:
    return RuleRepository(session)


def wallets(session: OpenSession) -> WalletRepository:
    return WalletRepository(session)


Transfers = Annotated[TransferRepository, Depends(transfers)]
Articles = Annotated[ArticleRepository, Depends(articles)]
Rules = Annotated[RuleRepository, Depends(rules)]
Wallets = Annotated[WalletRepository, Depends(wallets)]

from decimal import Decimal

from sqlmodel import Field, SQLModel


class TransferBase(SQLModel):
    source_wallet_id: int = Field(foreign_key="wallet.id")
    target_wallet_id: int = Field(foreign_key="wallet.id")
    amount: Decimal


class Transfer(TransferBase, table=True):
    id: int | None = Field(default=None, primary_key=True)
    status: str = "pending"


class TransferCreate(TransferBase):
    pass


class Wallet(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    name: str
    balance: Decimal = Decimal(0)


class SplitRule(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    wallet_id: int = Field(foreign_key="wallet.id")
    amount: Decimal


class Article(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    title: str

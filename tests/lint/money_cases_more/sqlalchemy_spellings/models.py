import enum
from decimal import Decimal

from sqlalchemy import Column, Enum, ForeignKey, Integer, Numeric, String
from sqlalchemy.orm import DeclarativeBase, declared_attr, relationship


class Base(DeclarativeBase):
    pass


class Money:
    amount = Column(Numeric(12, 2), nullable=False)

    @declared_attr
    def currency(cls):
        return Column(String(3), default="EUR")


class Status(enum.Enum):
    OPEN = "open"
    REFUNDED = "refunded"
    ARCHIVED = "archived"


class Account(Base):
    __tablename__ = "accounts"
    id = Column(Integer, primary_key=True)
    balance_cents = Column(Integer, default=0)
    color = Column(String(10))
    payments = relationship("Payment", back_populates="account")


class Payment(Money, Base):
    __tablename__ = "payments"
    id = Column(Integer, primary_key=True)
    account_id = Column(ForeignKey("accounts.id"))
    status = Column(Enum(Status), default=Status.OPEN)
    account = relationship(Account, back_populates="payments")

    @classmethod
    def of(cls, account: Account, amount: Decimal) -> "Payment":
        return cls(account=account, amount=amount)


class Tag(Base):
    __tablename__ = "tags"
    id = Column(Integer, primary_key=True)
    word = Column(String(20))

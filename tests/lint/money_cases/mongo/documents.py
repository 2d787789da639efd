from decimal import Decimal

from beanie import Document
from mongoengine import DecimalField, ReferenceField, StringField
from mongoengine import Document as EngineDocument


class Withdrawal(Document):
    wallet_id: str
    amount: Decimal

    class Settings:
        name = "withdrawals"


class Profile(Document):
    wallet_id: str
    display_name: str


class Holder(EngineDocument):
    name = StringField()


class Deposit(EngineDocument):
    holder = ReferenceField(Holder)
    amount = DecimalField()

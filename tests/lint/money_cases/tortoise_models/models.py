from tortoise import fields
from tortoise.models import Model


class User(Model):
    id = fields.IntField(pk=True)
    name = fields.CharField(max_length=40)
    credit_balance = fields.DecimalField(max_digits=12, decimal_places=2, default=0)


class CreditTransaction(Model):
    id = fields.IntField(pk=True)
    user = fields.ForeignKeyField("models.User")
    amount = fields.DecimalField(max_digits=12, decimal_places=2)


class Message(Model):
    id = fields.IntField(pk=True)
    text = fields.TextField()

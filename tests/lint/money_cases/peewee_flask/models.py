from peewee import CharField, DecimalField, ForeignKeyField, Model, SqliteDatabase

database = SqliteDatabase(":memory:")


class BaseModel(Model):
    class Meta:
        database = database


class Account(BaseModel):
    owner = CharField()
    balance = DecimalField(default=0)


class Entry(BaseModel):
    account = ForeignKeyField(Account)
    amount = DecimalField()
    memo = CharField(default="")


class AuthToken(BaseModel):
    account = ForeignKeyField(Account)
    token = CharField()

from sqlmodel import Field, SQLModel


class User(SQLModel, table=True):
    __tablename__ = "users"
    id: int | None = Field(default=None, primary_key=True)
    token: str = Field(unique=True)
    balance: int = 0
    requests: int = 0


class TransferIn(SQLModel):
    to: int
    amount: int = Field(gt=0)


class Transfer(TransferIn, table=True):
    __tablename__ = "transfers"
    id: int | None = Field(default=None, primary_key=True)
    sender: int = Field(foreign_key="users.id", index=True)

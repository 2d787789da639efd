"""Who the customers are: no money here, and so no marks."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel

from bank.db import Db

router = APIRouter(prefix="/customers")


class Customer(BaseModel):
    """A customer and the account that is opened for them."""

    account: str
    name: str


@router.post("", status_code=201)
def create(body: Customer, db: Db) -> Customer:
    """Open an account, with nothing on it."""
    db.execute("insert into account (id, owner) values (%s, %s)", (body.account, body.name))
    return body


@router.get("/{account}")
def read(account: str, db: Db) -> Customer | None:
    """One customer."""
    row = db.execute("select id, owner from account where id = %s", (account,)).fetchone()
    return Customer(account=row[0], name=row[1]) if row else None

"""What handlers import: a module that lends, and functions in it that a start-up check does not look into."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any

import psycopg
from fastapi import Depends

from idem_runtime import Idempotency, money_moving

idem = Idempotency("postgresql://nowhere.invalid/", principal=lambda request: "alice")
lend = idem.sync_connection


class Service:
    def __init__(self, lender: Any) -> None:
        self.lender = lender

    def pay(self) -> None:
        self.lender.sync_connection()


service = Service(idem)


def pay() -> None:
    """Not seen by who calls it from another module."""
    idem.sync_connection().execute("INSERT")


@money_moving(operation="marked", key=str)
def marked(name: str, db: Any = idem.lent) -> None: ...


@money_moving(effect="external")
def external(name: str) -> None:
    """Not seen, and not in a transaction."""
    idem.sync_connection()


def lent_db() -> Iterator[Any]:
    """A dependency that lends, written in a module of its own."""
    yield idem.sync_connection()


def depending(db: Any = Depends(idem.sync_connection)) -> Any:  # noqa: B008 - as many programs are written
    """A dependency of a dependency that lends."""
    return db


def own_db() -> Iterator[Any]:
    """A dependency with a connection of its own."""
    with psycopg.connect("postgresql://nowhere.invalid/") as db:
        yield db


class Base:
    """A base class of views, whose methods are its subclasses' own."""

    def db(self) -> Any:
        return idem.sync_connection()


def injecting(function: Any) -> Any:
    """A decorator that hands the connection over."""

    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return function(*args, idem.sync_connection(), **kwargs)

    return wrapper

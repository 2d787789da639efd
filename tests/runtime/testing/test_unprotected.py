"""A marked handler in a unit test: called as if it had no mark, in a block that says so."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from idem_runtime import (
    ConfigurationError,
    Idempotency,
    NotInstalled,
    current_attempt,
    ledger_write,
    money_moving,
)
from idem_runtime.errors import LedgerWriteOutside
from idem_runtime.testing import unprotected

idem = Idempotency("postgresql://nowhere.invalid/")
KEY: dict[str, Any] = {"operation": "pay", "key": lambda job: job, "principal": lambda job: "alice"}


@ledger_write
def write(db: Any) -> Any:
    return db


@money_moving(**KEY)
def pay(job: str, db: Any = idem.lent) -> Any:
    return write(db), idem.sync_connection() if db is not idem.lent else None


@money_moving(**KEY)
async def pay_async(job: str, db: Any = idem.lent, session: Any = idem.lent_session) -> Any:
    return write(db), session, await idem.connection(), await idem.session()


@money_moving(**KEY, effect="external")
def send(job: str) -> str:
    return current_attempt().downstream_key("rail")


@money_moving(**KEY, effect="external")
async def send_async(job: str) -> str:
    return current_attempt().downstream_key("rail")


def test_what_a_handler_is_lent_is_what_the_test_gives() -> None:
    with unprotected(idem, connection="db", session="orm"):
        assert pay("j") == ("db", "db")
        assert pay("j", db="own") == ("own", "db")
        assert asyncio.run(pay_async("j")) == ("db", "orm", "db", "orm")


def test_a_handler_that_borrows_nothing_needs_no_idempotency() -> None:
    with unprotected():
        assert pay("j") == (idem.lent, None)
        assert send("j") == asyncio.run(send_async("j"))
    with pytest.raises(NotInstalled):
        send("j")
    with pytest.raises(LedgerWriteOutside):
        write("db")


def test_what_the_test_does_not_give_is_asked_for() -> None:
    with (
        unprotected(idem, session="orm"),
        pytest.raises(ConfigurationError, match="unprotected\\(idem, connection="),
    ):
        pay("j")
    with (
        pytest.raises(ConfigurationError, match="say which Idempotency lends it"),
        unprotected(connection="db"),
    ):
        pass


def test_another_idempotency_lends_nothing_here() -> None:
    other = Idempotency("postgresql://nowhere.invalid/")
    refused = pytest.raises(ConfigurationError, match="another Idempotency executes here")
    with unprotected(other, connection="db"), refused:
        idem.sync_connection()

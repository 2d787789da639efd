"""What names a scope is text by its type, the same for principals, operations and keys."""

from __future__ import annotations

import enum
import logging
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any
from uuid import UUID

import psycopg
import pytest
from fastapi import FastAPI
from flask import Flask

from idem_runtime import ConfigurationError, Idempotency, money_moving
from idem_runtime.marks import MoneyMoving, mark_of
from idem_runtime.protocol.scope_text import NoName, text_of
from tests.runtime.adapters.asking import Database, asked
from tests.runtime.adapters.contract import code, ledger

INSERT = "INSERT INTO ledger (amount) VALUES (%s) RETURNING id"
IDENTITY = UUID("8E03978E-40D5-43DD-BC93-6894A57F9324")


class Tenant(str, enum.Enum):  # noqa: UP042 - as many programs still write it
    ACME = "acme"
    BETA = "beta"


class Region(enum.StrEnum):
    EUROPE = "eu"


class Number(enum.IntEnum):
    ONE = 1


class Identified(enum.Enum):
    HOUSE = IDENTITY
    NOBODY = None
    TENANT = Tenant.ACME
    PAIR = (1, 2)
    YES = True


class Shouting(str):
    __slots__ = ()

    def __str__(self) -> str:
        return "OTHER"

    __repr__ = __format__ = __str__  # type: ignore[assignment]


class Count(int):
    def __repr__(self) -> str:
        return "other"

    __str__ = __int__ = __repr__  # type: ignore[assignment]


NAMES: list[tuple[Any, str]] = [
    ("acme", "acme"),
    ("", ""),
    (None, ""),
    (7, "7"),
    (-7, "-7"),
    (IDENTITY, "8e03978e-40d5-43dd-bc93-6894a57f9324"),
    (Tenant.ACME, "acme"),
    (Region.EUROPE, "eu"),
    (Number.ONE, "1"),
    (Identified.HOUSE, "8e03978e-40d5-43dd-bc93-6894a57f9324"),
    (Identified.NOBODY, ""),
    (Identified.TENANT, "acme"),
    (Shouting("acme"), "acme"),
    (Count(7), "7"),
]


@pytest.mark.parametrize(("value", "text"), NAMES)
def test_a_name_is_plain_text_by_its_type(value: Any, text: str) -> None:
    assert (text_of(value), type(text_of(value))) == (text, str)


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (True, "text, an integer or a UUID, not bool"),
        (7.0, "not float"),
        (Decimal(7), "not Decimal"),
        (b"acme", "not bytes"),
        (["acme"], "not list"),
        (object(), "not object"),
        (Identified.PAIR, "not Identified, an enum whose value is tuple"),
        (Identified.YES, "not Identified, an enum whose value is bool"),
        pytest.param(10**5000, "not an integer of more than 1024 bits", id="an enormous integer"),
    ],
)
def test_another_type_is_refused_and_named(value: Any, says: str) -> None:
    with pytest.raises(NoName, match=says):
        text_of(value)


@pytest.mark.parametrize(("name", "text"), [pair for pair in NAMES if pair[1]])
def test_an_operations_name_is_normalised_when_it_is_marked(name: Any, text: str) -> None:
    mark = mark_of(money_moving(operation=name, previous_operations=(name,))(lambda: None))
    assert isinstance(mark, MoneyMoving)
    assert (mark.operation, mark.previous_operations) == (text, (text,))
    assert type(mark.operation) is str


@pytest.mark.parametrize(
    ("name", "says"),
    [(1.5, "not float"), ("", "operation=''"), (" ", "operation=' '"), ("a\0b", "stable name")],
)
def test_an_operation_that_names_nothing_is_refused_when_it_is_marked(name: Any, says: str) -> None:
    with pytest.raises(ConfigurationError, match=says):
        money_moving(operation=name)
    with pytest.raises(ConfigurationError, match="previous_operations"):
        money_moving(previous_operations=(name,))


def ask_fastapi(idem: Idempotency) -> tuple[int, str | None]:
    app = FastAPI()
    idem.install(app)

    @app.post("/t")
    @money_moving
    async def pay() -> None:
        await (await idem.connection()).execute(INSERT, (5,))

    (answer,) = asked(idem, app, {})
    return answer.status_code, code(answer) if answer.status_code == 401 else None


def ask_flask(idem: Idempotency) -> tuple[int, str | None]:
    app = Flask("named")
    idem.init_app(app)

    @app.post("/t")
    @money_moving
    def pay() -> str:
        return str(idem.sync_connection().execute(INSERT, (5,)).rowcount)

    try:
        answer: Any = app.test_client().post("/t", headers={"idempotency-key": "k"})
    finally:
        idem.close()
    return answer.status_code, answer.json["code"] if answer.status_code == 401 else None


@pytest.fixture(params=[ask_fastapi, ask_flask])
def ask(request: Any) -> Callable[[Idempotency], tuple[int, str | None]]:
    found: Callable[[Idempotency], tuple[int, str | None]] = request.param
    return found


@pytest.mark.parametrize(("who", "text"), [pair for pair in NAMES if pair[1]])
def test_a_principal_is_stored_as_its_text(
    dsn: str, db: Database, ask: Callable[[Idempotency], tuple[int, str | None]], who: Any, text: str
) -> None:
    assert ask(Idempotency(dsn, principal=lambda request: who))[0] == 200
    (scope,) = db.execute("SELECT scope FROM idempotency_records").fetchone() or ()
    assert scope == f"{len(text)}:{text}7:POST /t"


@pytest.mark.parametrize("who", [None, "", " ", Identified.NOBODY, "a\0b"])
def test_nobody_is_401(
    dsn: str, db: Database, ask: Callable[[Idempotency], tuple[int, str | None]], who: Any
) -> None:
    assert ask(Idempotency(dsn, principal=lambda request: who)) == (401, "principal_missing")


@pytest.mark.parametrize("who", [True, 7.5, b"acme", ["acme"], Identified.PAIR])
def test_a_principal_of_another_type_is_a_logged_500_that_names_the_type(
    dsn: str,
    db: Database,
    ask: Callable[[Idempotency], tuple[int, str | None]],
    who: Any,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.ERROR)
    assert ask(Idempotency(dsn, principal=lambda request: who))[0] == 500
    (said,) = [record.getMessage() for record in caplog.records if record.name == "idem_runtime"]
    assert f"not {type(who).__name__}" in said
    assert ledger(db) == []


@pytest.fixture
def idem(dsn: str, db: Database) -> Iterator[Idempotency]:
    made = Idempotency(dsn)
    made.install()
    yield made
    made.close()


def test_nested_calls_of_two_tenants_in_an_enum_are_two_executions(
    idem: Idempotency, db: psycopg.Connection[Any]
) -> None:
    @money_moving(operation="book", key=lambda: "order-1")
    def book(db: Any = idem.lent) -> int:
        return int(db.execute(INSERT, (5,)).fetchone()[0])

    @money_moving(operation="pay", key=lambda who: "k", principal=lambda who: who)
    def pay(who: Any) -> int:
        return book()

    assert [pay(Tenant.ACME), pay(Tenant.BETA), pay("acme")] == [1, 2, 1]
    scopes = [row[0] for row in db.execute("SELECT scope FROM idempotency_records ORDER BY 1")]
    assert scopes == ["4:acme3:pay", "4:acme4:book", "4:beta3:pay", "4:beta4:book"]

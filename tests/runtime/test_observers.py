"""Whoever watches executions is told of each, and can do nothing to them."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from idem_runtime import Idempotency, IdempotencyError, NotExecuted, money_moving
from idem_runtime.execution.observers import observe
from tests.runtime.calls import INSERT, finished

KEY: dict[str, Any] = {
    "operation": "pay",
    "key": lambda key, *_: key,
    "principal": lambda *_: "alice",
    "wait": 0,
}


class Seen:
    """Writes down what it is told."""

    def __init__(self) -> None:
        self.told: list[Any] = []

    def admitted(self, execution: Any, outcome: Any, code: Any) -> None:
        self.told.append(("admitted", outcome, code))

    def finishing(self, execution: Any) -> None:
        self.told.append("finishing")

    def ended(self, execution: Any, outcome: Any, code: Any) -> None:
        self.told.append(("ended", outcome, code))

    def taken(self) -> list[Any]:
        told, self.told = self.told, []
        return told


@pytest.fixture
def seen() -> Iterator[Seen]:
    seen = Seen()
    stop = observe(seen)
    observe(seen)
    yield seen
    stop()


@pytest.fixture
def idem(dsn: str, db: psycopg.Connection[Any]) -> Iterator[Idempotency]:
    idem = Idempotency(dsn)
    idem.install()
    yield idem
    idem.close()


RUNS = [("admitted", None, None), "finishing"]


def ending(outcome: str, code: str | None = None) -> list[Any]:
    return [*RUNS, ("ended", outcome, code)]


def test_what_becomes_of_a_local_effect(idem: Idempotency, seen: Seen) -> None:
    @money_moving(**KEY)
    def pay(key: str, amount: Any, db: Any = idem.lent) -> int:
        db.execute(INSERT, (amount,))
        if amount == 3:
            raise ValueError
        if amount == 4:
            db.execute("COMMIT")
        return object() if amount == 5 else 7  # type: ignore[return-value]

    def asked(*arguments: Any) -> list[Any]:
        with contextlib.suppress(ValueError, IdempotencyError):
            pay(*arguments)
        return seen.taken()

    assert asked("a", 1) == ending("executed")
    assert asked("a", 1) == [("admitted", "replayed", None)]
    assert asked("a", 2) == [("admitted", "mismatched", "key_reused")]
    assert asked("b", 3) == ending("undone")
    assert asked("c", 4) == ending("refused", "transaction_broken")
    assert asked("c", 4) == [("admitted", "unknown", "outcome_unknown")]
    assert asked("d", 5) == ending("undone")


def test_what_becomes_of_an_external_effect(idem: Idempotency, seen: Seen) -> None:
    @money_moving(**KEY, effect="external")
    def send(key: str) -> int:
        if key == "nothing":
            raise NotExecuted
        if key == "who knows":
            raise ValueError
        return 7

    with pytest.raises(NotExecuted):
        send("nothing")
    assert seen.taken() == ending("undone")
    with pytest.raises(ValueError, match=r"^$"):
        send("who knows")
    assert seen.taken() == ending("unknown")


def test_an_execution_that_is_cut_off_is_told_as_undone(idem: Idempotency, seen: Seen) -> None:
    @money_moving(**KEY)
    async def pay(key: str, db: Any = idem.lent) -> None:
        await db.execute(INSERT, (1,))
        asyncio.current_task().cancel()  # type: ignore[union-attr]
        await asyncio.sleep(1)

    with pytest.raises(asyncio.CancelledError):
        finished(idem, lambda: pay("k"))
    assert seen.taken()[-1] == ("ended", "undone", None)


def test_an_error_of_the_effect_itself_is_told_as_undone(idem: Idempotency, seen: Seen, db: Any) -> None:
    db.execute("CREATE TABLE IF NOT EXISTS parents (id int PRIMARY KEY)")
    db.execute(
        "CREATE TABLE IF NOT EXISTS children (id int REFERENCES parents DEFERRABLE INITIALLY DEFERRED)"
    )

    @money_moving(**KEY)
    def pay(key: str, db: Any = idem.lent) -> None:
        db.execute("INSERT INTO children VALUES (1)")  # refused at COMMIT

    try:
        with pytest.raises(psycopg.errors.ForeignKeyViolation):
            pay("k")
    finally:
        db.execute("DROP TABLE children; DROP TABLE parents")
    assert seen.taken() == ending("undone")


class Broken:
    """Raises whatever it is told."""

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(name)

    def admitted(self, *_: Any) -> None:
        raise RuntimeError

    finishing = ended = admitted


def test_an_observer_that_raises_is_logged_and_changes_nothing(
    idem: Idempotency, caplog: pytest.LogCaptureFixture, db: psycopg.Connection[Any]
) -> None:
    @money_moving(**KEY)
    def pay(key: str, db: Any = idem.lent) -> int:
        db.execute(INSERT, (1,))
        return 7

    stop = observe(Broken())
    try:
        with caplog.at_level(logging.ERROR):
            assert pay("k") == 7
    finally:
        stop()
    assert [record.getMessage() for record in caplog.records] == [
        "an observer of executions raised: it is passed over"
    ] * 3

"""Environments that are killed, told to end, frozen, or out of time: one effect, and everybody else is told the truth."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from tests.runtime.adapters.contract import ledger, records
from tests.runtime.adapters.powertools.asking import posted
from tests.runtime.adapters.powertools.environment import Environment, environments
from tests.runtime.adapters.powertools.events import response_of

Database = psycopg.Connection[Any]
HANDLERS = "tests.runtime.adapters.powertools.lambdas:handlers"
INSIDE = """
    SELECT pid FROM pg_locks
     WHERE granted AND relation = 'ledger'::regclass AND mode = 'RowExclusiveLock' AND pid <> pg_backend_pid()
       AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""
PATHS = {"sync": "/pay", "exiting": "/pay", "async": "/async"}


@pytest.fixture(scope="module")
def other(dsn: str) -> Iterator[Environment]:
    """An environment that nothing happens to."""
    with environments(1, HANDLERS, dsn) as (running,):
        yield running


@pytest.fixture
def mortal(dsn: str) -> Iterator[Environment]:
    """One that a test ends."""
    with environments(1, HANDLERS, dsn) as (running,):
        yield running


def until(condition: Any, seconds: float = 20) -> bool:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.005)
    return True


def inside(db: Database) -> bool:
    """Whether a handler writes or has written, and its transaction goes on: until it ends, that lock stays."""
    return bool(db.execute(INSIDE).fetchall())


def doing(what: str, handler: str = "sync") -> dict[str, Any]:
    return posted(PATHS[handler], headers=[("X-Do", what)])


WAITING = """
    SELECT 1 FROM pg_locks
     WHERE NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


def told(answer: dict[str, Any] | None) -> tuple[int, str]:
    """Status and code; or that it is a replay."""
    assert answer is not None
    assert "returned" in answer, answer
    response = response_of(answer["returned"])
    if "idempotent-replayed" in response.headers:
        return response.status_code, "replayed"
    return response.status_code, json.loads(response.content).get("code", "executed")


@pytest.mark.parametrize(
    ("handler", "number"),
    [
        ("sync", signal.SIGKILL),
        ("sync", signal.SIGTERM),
        ("exiting", signal.SIGTERM),
        ("async", signal.SIGKILL),
    ],
)
def test_who_is_ended_in_the_handler_has_done_nothing_and_the_retry_does_it(
    mortal: Environment, other: Environment, db: Database, handler: str, number: int
) -> None:
    mortal.send(handler, doing("sleep", handler))
    assert until(lambda: inside(db))
    assert mortal.end(number) == (0 if handler == "exiting" else -number)
    assert until(lambda: not inside(db))
    assert (ledger(db), records(db)) == ([], 0)
    assert told(other.invoke(handler, posted(PATHS[handler]))) == (200, "executed")
    assert ledger(db) == [5]


def test_who_is_killed_after_the_commit_has_done_it_and_the_retry_replays(
    mortal: Environment, other: Environment, db: Database
) -> None:
    assert mortal.invoke("sync", doing("kill after commit")) is None
    assert told(other.invoke("sync", posted("/pay"))) == (200, "replayed")
    assert ledger(db) == [5]


def test_while_an_environment_is_frozen_its_key_is_in_progress_and_afterwards_it_is_done(
    mortal: Environment, other: Environment, db: Database
) -> None:
    with psycopg.connect(db.info.dsn) as holder:
        holder.execute("LOCK ledger IN SHARE MODE")
        mortal.send("sync", posted("/pay"))
        assert until(lambda: db.execute(WAITING).fetchall())
        mortal.signal(signal.SIGSTOP)
    assert told(other.invoke("sync", posted("/pay"))) == (409, "in_progress")
    mortal.signal(signal.SIGCONT)
    assert told(mortal.answer()) == (200, "executed")
    assert told(other.invoke("sync", posted("/pay"))) == (200, "replayed")
    assert ledger(db) == [5]


@pytest.mark.exhaustive
def test_who_is_frozen_for_longer_than_its_invocation_lasts_is_undone_by_the_server(
    mortal: Environment, other: Environment, db: Database
) -> None:
    mortal.send("sync", doing("sleep"), milliseconds=2500)
    assert until(lambda: inside(db))
    mortal.signal(signal.SIGSTOP)
    assert until(lambda: not inside(db)), "no process of ours can end it"
    assert told(other.invoke("sync", posted("/pay"))) == (200, "executed")
    mortal.signal(signal.SIGCONT)
    assert told(mortal.answer()) == (503, "handler_timeout")
    assert ledger(db) == [5]


@pytest.mark.parametrize("handler", ["sync", "async"])
def test_who_is_out_of_time_says_so_before_lambda_ends_it_and_serves_on(
    other: Environment, db: Database, handler: str
) -> None:
    assert told(other.invoke(handler, doing("sleep", handler), milliseconds=1200)) == (503, "handler_timeout")
    assert (ledger(db), records(db)) == ([], 0)
    assert told(other.invoke(handler, posted(PATHS[handler]))) == (200, "executed")
    assert ledger(db) == [5]


def test_who_waits_for_a_lock_is_told_so_in_time(other: Environment, db: Database) -> None:
    with psycopg.connect(db.info.dsn) as holder:
        holder.execute("LOCK ledger IN SHARE MODE")
        assert told(other.invoke("sync", posted("/pay"), milliseconds=1200)) == (503, "handler_timeout")
        assert not db.execute(WAITING).fetchall(), "nor does the server wait on"
    assert (ledger(db), records(db)) == ([], 0)


def test_a_handler_that_cannot_be_interrupted_is_undone_while_it_still_runs(
    mortal: Environment, other: Environment, db: Database
) -> None:
    mortal.send("sync", doing("insist"), milliseconds=1500)
    assert until(lambda: inside(db))
    assert until(lambda: not inside(db)), "its connection is cut off"
    assert mortal.process.is_alive(), "and it goes on"
    assert told(other.invoke("sync", posted("/pay"))) == (200, "executed")
    mortal.end(signal.SIGKILL)  # as Lambda does at its deadline
    assert ledger(db) == [5]

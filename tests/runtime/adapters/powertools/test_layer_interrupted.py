"""An exception that a signal handler raises, or an answer that never comes, between the claim and the function."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
from aws_lambda_powertools.utilities.idempotency.base import IdempotencyHandler
from aws_lambda_powertools.utilities.idempotency.exceptions import IdempotencyAlreadyInProgressError

from idem_runtime import StoreUnavailable
from idem_runtime.adapters.powertools import layer_store, records
from idem_runtime.drivers import sync_session
from tests.runtime.adapters.powertools.layers import PAYMENT, Subject, cause
from tests.runtime.calls import PATIENCE
from tests.runtime.stores import until

WAITING = """
    SELECT count(*) FROM pg_locks
     WHERE relation = %s::regclass AND NOT granted
       AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


class TimeIsUp(Exception):
    """As a guard against a Lambda's time-out raises it."""


@contextmanager
def raised_while_the_table_is_locked(
    ours: Subject, dsn: str, exception: type[BaseException]
) -> Iterator[None]:
    """``exception`` is raised in the main thread while its statement waits for a lock, which is given back after that."""
    raised, was = threading.Event(), signal.getsignal(signal.SIGUSR2)

    def handler(*_: object) -> None:
        raised.set()
        raise exception

    def disturb() -> None:
        assert until(lambda: ours.db.execute(WAITING, [ours.table]).fetchall() == [(1,)])
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGUSR2)
        assert raised.wait(PATIENCE)
        blocker.rollback()

    with psycopg.connect(dsn) as blocker:
        blocker.execute(f"LOCK TABLE {ours.table} IN EXCLUSIVE MODE".encode())
        signal.signal(signal.SIGUSR2, handler)
        thread = threading.Thread(target=disturb)
        thread.start()
        try:
            yield
        finally:
            thread.join()
            signal.signal(signal.SIGUSR2, was)


@pytest.mark.parametrize("exception", [TimeIsUp, KeyboardInterrupt])
@pytest.mark.parametrize("connection", ["pool", "given"])
def test_what_a_signal_raises_during_the_claim_leaves_the_key_free(
    ours: Subject, dsn: str, exception: type[BaseException], connection: str
) -> None:
    with psycopg.connect(dsn, autocommit=True) as own:
        layer = ours.layer if connection == "pool" else ours.another(connection=own)
        pay = ours.function(layer=layer)
        assert layer.store.place
        with raised_while_the_table_is_locked(ours, dsn, exception):
            try:
                outcome: Any = pay(payment=PAYMENT)
            except BaseException as error:
                outcome = cause(error)
        assert isinstance(outcome, exception)
        assert (ours.runs, ours.statuses) == ([], [])
        assert pay(payment=PAYMENT) == {"run": 1}


def test_what_a_signal_raises_while_the_result_is_recorded_leaves_it_recorded(
    ours: Subject, dsn: str
) -> None:
    locked = raised_while_the_table_is_locked(ours, dsn, TimeIsUp)
    pay = ours.function(lambda payment: locked.__enter__() or "paid")
    error = cause(ours.attempt(pay))
    locked.__exit__(None, None, None)
    assert isinstance(error, TimeIsUp)
    assert ours.statuses == ["COMPLETED"]
    assert pay(payment=PAYMENT) == "paid"


def interrupted_before_it_begins(ours: Subject, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """A function whose call ended between Powertools' two steps."""

    def raising(_: object) -> None:
        raise TimeIsUp

    pay = ours.function()
    with monkeypatch.context() as patch, suppress(TimeIsUp):
        patch.setattr(IdempotencyHandler, "_get_function_response", raising)
        pay(payment=PAYMENT)
    assert (ours.runs, ours.statuses) == ([], ["INPROGRESS"])
    return pay


def test_what_is_raised_between_the_claim_and_the_function_frees_the_key_for_the_next_call(
    ours: Subject, monkeypatch: pytest.MonkeyPatch
) -> None:
    pay = interrupted_before_it_begins(ours, monkeypatch)
    assert pay(payment=PAYMENT) == {"run": 1}


def test_a_key_that_could_not_be_freed_is_freed_later(ours: Subject, monkeypatch: pytest.MonkeyPatch) -> None:
    pay = interrupted_before_it_begins(ours, monkeypatch)
    ours.sql("ALTER TABLE {table} RENAME COLUMN status TO gone")
    assert isinstance(cause(ours.attempt(pay)), psycopg.errors.UndefinedColumn)
    ours.sql("ALTER TABLE {table} RENAME COLUMN gone TO status")
    assert pay(payment=PAYMENT) == {"run": 1}


def test_a_claim_is_not_freed_while_its_function_runs(ours: Subject) -> None:
    def body(payment: Any) -> Any:
        ours.function(name="other")(payment=payment)
        return type(ours.attempt(ours.function()))

    assert ours.function(body)(payment=PAYMENT) is IdempotencyAlreadyInProgressError


def lost(ours: Subject, monkeypatch: pytest.MonkeyPatch, *, arrives: bool) -> None:
    """The answer to the claim never comes; its statement has arrived, or does while the claim is withdrawn."""
    run, asleep = ours.layer.store.run, []

    def lose(make: Any, **options: Any) -> Any:
        monkeypatch.setattr(ours.layer.store, "run", run)
        claim = lambda: run(make, **options)  # noqa: E731
        if arrives:
            claim()
        else:
            asleep.append(claim)
        raise StoreUnavailable("lost")

    def sleep(_: float) -> None:
        while asleep:
            asleep.pop()()

    monkeypatch.setattr(ours.layer.store, "run", lose)
    monkeypatch.setattr(sync_session, "time", SimpleNamespace(sleep=sleep, monotonic=time.monotonic))


@pytest.mark.parametrize("arrives", [True, False])
def test_a_claim_whose_answer_never_came_is_withdrawn(
    ours: Subject, monkeypatch: pytest.MonkeyPatch, *, arrives: bool
) -> None:
    pay = ours.function()
    lost(ours, monkeypatch, arrives=arrives)
    assert isinstance(cause(ours.attempt(pay)), StoreUnavailable)
    assert (ours.runs, ours.statuses) == ([], [])
    assert pay(payment=PAYMENT) == {"run": 1}


def test_nobody_else_s_claim_is_withdrawn(ours: Subject, monkeypatch: pytest.MonkeyPatch) -> None:
    def body(payment: Any) -> Any:
        lost(ours, monkeypatch, arrives=True)
        return type(cause(ours.attempt(ours.function())))

    assert ours.function(body)(payment=PAYMENT) is StoreUnavailable
    assert ours.statuses == ["COMPLETED"]


def test_a_claim_that_cannot_be_withdrawn_is_said(
    ours: Subject, dsn: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    pay = ours.function()
    assert ours.layer.store.place
    monkeypatch.setattr(layer_store, "STORE_TIMEOUT", 0.2)
    monkeypatch.setattr("idem_runtime.adapters.powertools.layer_hooks.WITHDRAWAL_SECONDS", 0.2)
    with psycopg.connect(dsn) as blocker:
        blocker.execute(f"LOCK TABLE {ours.table} IN EXCLUSIVE MODE".encode())
        assert isinstance(cause(ours.attempt(pay)), StoreUnavailable)
    assert "cannot be withdrawn" in caplog.text
    assert ours.runs == []


def test_a_withdrawal_ends_where_nothing_arrives(ours: Subject, monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr(sync_session, "time", SimpleNamespace(sleep=slept.append, monotonic=time.monotonic))
    claim = records.Claim("key", "00000000-0000-0000-0000-000000000000", 1.0, 1.0, None)
    ours.layer.store.run(lambda place: records.withdraw(place, claim, (0.1, 0.2)))
    assert slept == [0.1, 0.2]

"""A handler's effect is undone before Lambda ends its process, whatever the handler is doing then."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest
from aws_lambda_powertools.event_handler import APIGatewayRestResolver

from idem_runtime import Idempotency, money_moving
from idem_runtime.adapters.powertools.resolver_deadline import SIGNAL
from idem_runtime.drivers import interruption
from idem_runtime.drivers.deadlines import sent
from tests.runtime.adapters.contract import ledger, records
from tests.runtime.adapters.powertools.asking import INSERT, code, idempotency, posted
from tests.runtime.adapters.powertools.environment import Context
from tests.runtime.adapters.powertools.events import response_of

Database = psycopg.Connection[Any]
Lent = psycopg.Connection[Any]
ROOT = Path(__file__).parents[4]
MARGIN = 0.2
SOON = 1000 * MARGIN + 150
"""Milliseconds: enough for an admission, and not for the handlers here."""
LONG = 60
"""Seconds."""


def paying(idem: Idempotency, during: Callable[[Any], Any]) -> Any:
    """A resolver whose handler writes, and then does what ``during`` does with its connection."""
    app = APIGatewayRestResolver()
    idem.install(app, margin=MARGIN)

    @app.post("/t")
    @money_moving(connection="inside")
    def t(db: Lent = idem.lent):
        db.execute(INSERT, (5,))
        return during(db) or {"paid": 5}

    return app


def ask(app: Any, milliseconds: float = SOON) -> Any:
    return response_of(app.resolve(posted("/t"), Context(milliseconds)))


def sleep(db: Any) -> None:
    time.sleep(LONG)


def sleep_in_the_database(db: Any) -> None:
    db.execute("SELECT pg_sleep(60)")


def swallow(db: Any) -> None:
    with suppress(psycopg.Error):
        db.execute("SELECT pg_sleep(60)")


def go_on_after_a_cancelled_part(db: Any) -> None:
    try:
        with db.transaction():
            db.execute("SELECT pg_sleep(60)")
    except psycopg.Error:
        db.execute(INSERT, (6,))


def insist(db: Any) -> None:
    """Whatever is raised in it."""
    end = time.monotonic() + 2 * MARGIN + 0.2
    while time.monotonic() < end:
        try:
            time.sleep(0.01)
        except BaseException:
            continue


@pytest.mark.parametrize(
    "during", [sleep, sleep_in_the_database, swallow, go_on_after_a_cancelled_part, insist]
)
def test_what_is_not_ready_in_time_is_undone_and_told_so(
    dsn: str, db: Database, during: Callable[[Any], Any]
) -> None:
    """Also where the handler returns a success all the same."""
    with idempotency(dsn) as idem:
        rounds: list[Callable[[Any], Any]] = [during, lambda db: None]
        app = paying(idem, lambda db: rounds.pop(0)(db))  # noqa: PLW0108 - another one each time
        refused = ask(app)
        assert (refused.status_code, code(refused)) == (503, "handler_timeout")
        assert "retry-after" in refused.headers
        assert (ledger(db), records(db)) == ([], 0)
        assert ask(app, 60_000).json() == {"paid": 5}
    assert ledger(db) == [5]


def test_a_statement_that_the_server_is_slow_to_end_is_ended_before_anybody_else_may_meet_it(
    dsn: str, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or the server would work on it, and hold the key, long after its connection is closed."""

    def slow(cancel: Any, deadline: Any) -> None:
        time.sleep(3 * MARGIN)
        sent(cancel, deadline)

    monkeypatch.setattr(interruption, "sent", slow)
    with idempotency(dsn) as idem:
        rounds: list[Callable[[Any], Any]] = [sleep_in_the_database, lambda db: None]
        app = paying(idem, lambda db: rounds.pop(0)(db))  # noqa: PLW0108 - another one each time
        assert code(ask(app)) == "handler_timeout"
        end = time.monotonic() + LONG / 3  # a server that nobody asked would sleep for all of it
        while db.execute(
            "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%pg_sleep(60)'"
            " AND state = 'active'"
        ).fetchall():
            assert time.monotonic() < end
        assert ask(app, 60_000).json() == {"paid": 5}
    assert ledger(db) == [5]


@pytest.mark.parametrize("elsewhere", ["in a thread", "where the signal is the application's"])
def test_a_handler_that_cannot_be_interrupted_is_undone_all_the_same(
    dsn: str, db: Database, elsewhere: str
) -> None:
    ended = threading.Event()

    def write_until_it_fails(db: Any) -> None:
        for _ in range(LONG * 100):
            time.sleep(0.01)
            db.execute(INSERT, (6,))
        ended.set()

    with idempotency(dsn) as idem:
        app, told = paying(idem, write_until_it_fails), []
        if elsewhere == "in a thread":
            thread = threading.Thread(target=lambda: told.append(ask(app)))
            thread.start()
            thread.join()
        else:
            before = signal.signal(SIGNAL, signal.SIG_IGN)
            told.append(ask(app))
            assert signal.signal(SIGNAL, before) is signal.SIG_IGN, "it still is"
    assert [code(answer) for answer in told] == ["handler_timeout"]
    assert not ended.is_set()
    assert (ledger(db), records(db)) == ([], 0)


@pytest.mark.exhaustive
def test_a_forked_process_watches_by_itself(dsn: str, db: Database) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.runtime.adapters.powertools.forked", dsn],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=180,
    )
    assert done.stdout.splitlines() == ["200", "503", "child: 0"], done.stderr


def test_a_signal_that_comes_without_the_deadline_changes_nothing(dsn: str, db: Database) -> None:
    with idempotency(dsn) as idem:
        app = paying(idem, lambda db: signal.raise_signal(SIGNAL))
        assert ask(app, 60_000).json() == {"paid": 5}
        signal.raise_signal(SIGNAL)  # nor when no handler runs


def test_a_handler_that_ended_its_transaction_before_the_deadline_leaves_an_unknown_outcome(
    dsn: str, db: Database
) -> None:
    def committing(db: Any) -> None:
        db.execute("COMMIT")
        time.sleep(LONG)

    with idempotency(dsn) as idem:
        app = paying(idem, committing)
        assert code(ask(app)) == "transaction_broken"
        assert code(ask(app, 60_000)) == "outcome_unknown"
    assert ledger(db) == [5]


def test_with_less_time_than_the_margin_nothing_begins(dsn: str, db: Database) -> None:
    with idempotency(dsn) as idem:
        refused = ask(paying(idem, lambda db: None), 1000 * MARGIN)
        assert (refused.status_code, code(refused)) == (503, "handler_timeout")
        assert "install(margin=…)" in refused.json()["detail"]
    assert (ledger(db), records(db)) == ([], 0)


def test_a_duplicate_waits_no_longer_than_its_invocation_lasts(dsn: str, db: Database) -> None:
    begun, over, told = threading.Event(), threading.Event(), list[str]()
    with idempotency(dsn, wait=LONG) as idem, idempotency(dsn) as elsewhere:
        elsewhere.install()

        @money_moving(operation="POST /t", key=lambda: "k", principal=lambda: "alice", connection="inside")
        def original() -> None:
            begun.set()
            over.wait(LONG)

        app = paying(idem, lambda db: None)
        threads = [
            threading.Thread(target=original),
            threading.Thread(target=lambda: told.append(code(ask(app)))),
        ]
        threads[0].start()
        assert begun.wait(LONG)
        threads[1].start()
        threads[1].join(LONG / 3)
        assert not threads[1].is_alive()
        over.set()
        threads[0].join()
    assert told == ["in_progress"]


def test_the_server_lets_a_transaction_sit_idle_until_shortly_before_the_deadline_at_most(
    dsn: str, db: Database
) -> None:
    """So that it ends where the whole environment is frozen."""
    shown: list[Any] = []

    def show(db: Any) -> None:
        shown.extend(
            db.execute("SELECT setting::int FROM pg_settings WHERE name LIKE 'idle_in_tr%'").fetchone()
        )

    for milliseconds, setting in ((10_000, 60), (10_000, 2)):
        with idempotency(dsn, handler_timeout=setting) as idem:
            app = paying(idem, show)
            response_of(app.resolve(posted("/t", str(setting)), Context(milliseconds)))
    least, most = 10_000 - 1000 * MARGIN - 5000, 10_000 - 1000 * MARGIN
    assert least < shown[0] <= most
    assert shown[1] == 2000, "a lower limit of the settings stays"


def asynchronous(idem: Idempotency, during: Callable[[], Any]) -> Any:
    app = APIGatewayRestResolver(enable_validation=True)
    idem.install(app, margin=MARGIN)

    @app.post("/t")
    @money_moving
    async def t():
        await (await idem.connection()).execute(INSERT, (5,))
        await during()
        return {"paid": 5}

    return app


async def sleep_async() -> None:
    await asyncio.sleep(LONG)


async def insist_async() -> None:
    for _ in range(60):
        try:
            await asyncio.sleep(0.01)
        except asyncio.CancelledError:
            continue


async def block_the_loop() -> None:
    time.sleep(2 * MARGIN + 0.2)  # noqa: ASYNC251 - as programs should not


@pytest.mark.parametrize(
    ("during", "milliseconds"), [(sleep_async, SOON + 1000), (insist_async, SOON), (block_the_loop, SOON)]
)
def test_an_async_handler_is_undone_too(
    dsn: str, db: Database, during: Callable[[], Any], milliseconds: float
) -> None:
    with idempotency(dsn) as idem:
        app = asynchronous(idem, during)

        async def main() -> Any:
            refused = response_of(await app.resolve_async(posted("/t"), Context(milliseconds)))
            await idem.aclose()
            return refused

        assert code(asyncio.run(main())) == "handler_timeout"
    assert (ledger(db), records(db)) == ([], 0)


def test_a_sync_handler_in_an_event_loop_is_undone_too(dsn: str, db: Database) -> None:
    with idempotency(dsn) as idem:
        rounds: list[Callable[[Any], Any]] = [sleep, lambda db: None]
        app = paying(idem, lambda db: rounds.pop(0)(db))  # noqa: PLW0108 - another one each time

        async def main() -> list[Any]:
            answers = [
                response_of(await app.resolve_async(posted("/t"), Context(milliseconds)))
                for milliseconds in (SOON, 60_000)
            ]
            await idem.aclose()
            return answers

        refused, paid = asyncio.run(main())
        assert (refused.status_code, code(refused)) == (503, "handler_timeout")
        assert paid.json() == {"paid": 5}
    assert ledger(db) == [5]


class Far:
    """A context that says more than anybody waits for."""

    def __init__(self, milliseconds: int) -> None:
        self._milliseconds = milliseconds

    def get_remaining_time_in_millis(self) -> int:
        return self._milliseconds


@pytest.mark.parametrize("milliseconds", [2**63, 10**400])
def test_a_deadline_that_never_comes_takes_none_from_the_others(
    dsn: str, db: Database, milliseconds: int
) -> None:
    with idempotency(dsn) as idem:
        rounds: list[Callable[[Any], Any]] = [lambda db: None, sleep]
        app = paying(idem, lambda db: rounds.pop(0)(db))  # noqa: PLW0108 - another one each time
        assert app.resolve(posted("/t", "far"), Far(milliseconds))["statusCode"] == 200
        assert code(ask(app)) == "handler_timeout"
    assert ledger(db) == [5]


def test_a_cancellation_that_comes_from_elsewhere_stays_one(dsn: str, db: Database) -> None:
    with idempotency(dsn) as idem:
        app = APIGatewayRestResolver()
        idem.install(app, margin=MARGIN)
        begun = asyncio.Event()

        @app.post("/t")
        @money_moving
        async def t():
            await (await idem.connection()).execute(INSERT, (5,))
            begun.set()
            await asyncio.sleep(LONG)

        async def main() -> None:
            task = asyncio.create_task(app.resolve_async(posted("/t"), Context(60_000)))
            await begun.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await idem.aclose()

        asyncio.run(main())
    assert (ledger(db), records(db)) == ([], 0)


def test_an_external_effect_is_left_to_its_lease(dsn: str, db: Database) -> None:
    """What a provider was asked for cannot be undone here."""
    with idempotency(dsn) as idem:
        app = APIGatewayRestResolver()
        idem.install(app, margin=MARGIN)

        @app.post("/t")
        @money_moving(effect="external")
        def t():
            time.sleep(SOON / 1000)
            return {"paid": 5}

        assert ask(app).json() == {"paid": 5}

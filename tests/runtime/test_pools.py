"""Pools: small ones for what must not wait, forks, a server's own time-outs."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from idem_runtime import Idempotency, InProgress
from tests.runtime.adapters.contract import ledger, records
from tests.runtime.calls import INSERT, PATIENCE, Database, Job, entry_mark, finished, mark

ROOT = Path(__file__).parents[2]


def test_a_forked_process_leaves_its_parents_connections_alone_and_opens_its_own(
    dsn: str, db: Database
) -> None:
    command = [sys.executable, "-W", "ignore", "-m", "tests.runtime.forking", dsn]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=180)
    assert done.returncode == 0, done.stderr
    child, parent = map(json.loads, done.stdout.splitlines())
    assert "opened before this process was forked" in child.pop("user's sync pool")
    assert "opened before this process was forked" in child.pop("user's async pool")
    everywhere = {"replays": True, "async": True, "user's unopened pool": ""}
    assert child == {
        **everywhere,
        "who": "child",
        "external": "told child, in time",
        "same connection": False,
        "gate is empty": True,
    }
    assert parent == {
        **everywhere,
        "who": "parent",
        "external": "told parent, in time",
        "same connection": True,
        "gate is empty": False,
        "user's sync pool": "",
        "user's async pool": "",
        "child's status": 0,
    }
    assert sorted(ledger(db)) == [1, 1, 2, 2]


@pytest.mark.parametrize("colour", ["sync", "async"])
def test_an_external_call_inside_local_ones_that_hold_every_connection_does_not_wait_for_them(
    dsn: str, db: Database, colour: str
) -> None:
    idem = Idempotency(dsn, pool_size=2, pool_timeout=PATIENCE)
    idem.install()
    both, both_async = threading.Barrier(2, timeout=PATIENCE), asyncio.Barrier(2)
    external = entry_mark(effect="external", principal=lambda name: "alice")

    leg = external(lambda name: name)

    @external
    async def aleg(name: str) -> str:
        return name

    @mark()
    def pay(job: Job, db: Database = idem.lent) -> str:
        db.execute(INSERT, (job.amount,))
        both.wait()  # the pool is empty
        done = leg(job.id)
        both.wait()  # and stays so until both are through
        return str(done)

    @mark()
    async def apay(job: Job, db: Any = idem.lent) -> str:
        await db.execute(INSERT, (job.amount,))
        await both_async.wait()
        done = await aleg(job.id)
        await both_async.wait()
        return str(done)

    async def main() -> list[str]:
        return list(await asyncio.gather(apay(Job("a")), apay(Job("b"))))

    if colour == "sync":
        with ThreadPoolExecutor(2) as two:
            assert list(two.map(pay, [Job("a"), Job("b")])) == ["a", "b"]
    else:
        assert finished(idem, main) == ["a", "b"]
    idem.close()
    assert (ledger(db), records(db)) == ([5, 5], 4)


def test_a_server_that_cuts_the_wait_short_makes_the_duplicate_an_early_in_progress(
    dsn: str, db: Database
) -> None:
    """Another ``Idempotency`` has another gate, as another process has; its role's statements may take 50 ms."""
    idem = Idempotency(dsn)
    hurried = Idempotency(make_conninfo(dsn, options="-c statement_timeout=50ms"), wait=PATIENCE)
    started, go_on = threading.Event(), threading.Event()

    @mark()
    def pay(job: Job, db: Database = Idempotency.lent) -> int:
        db.execute(INSERT, (job.amount,))
        started.set()
        assert go_on.wait(PATIENCE)
        return 1

    idem.install()
    with ThreadPoolExecutor(1) as one:
        original = one.submit(pay, Job())
        assert started.wait(PATIENCE)
        hurried.install()
        with pytest.raises(InProgress):
            pay(Job())
        go_on.set()
        assert original.result(PATIENCE) == 1
        assert pay(Job()) == 1
    idem.close()
    hurried.close()
    assert ledger(db) == [5]


@pytest.mark.parametrize("colour", ["sync", "async"])
def test_a_pool_that_was_closed_opens_anew_when_it_is_used(dsn: str, db: Database, colour: str) -> None:
    idem = Idempotency(dsn)
    idem.install()

    @mark()
    def pay(job: Job, db: Database = idem.lent) -> None:
        db.execute(INSERT, (job.amount,))

    @mark()
    async def apay(job: Job, db: Any = idem.lent) -> None:
        await db.execute(INSERT, (job.amount,))

    for name in "ab":
        if colour == "sync":
            pay(Job(name))
            idem.close()
        else:
            finished(idem, lambda name=name: apay(Job(name)))
    assert ledger(db) == [5, 5]


def test_a_job_in_an_event_loop_of_its_own_leaves_no_connection_behind(dsn: str, db: Database) -> None:
    idem = Idempotency(make_conninfo(dsn, application_name="own loop"))
    idem.install()

    @mark()
    async def pay(job: Job, db: Any = idem.lent) -> None:
        await db.execute(INSERT, (job.amount,))

    for number in range(3):
        finished(idem, lambda number=number: pay(Job(str(number))))
    with psycopg.connect(dsn) as look:
        for _ in range(1000):  # a backend takes a moment to go after its client has
            left = look.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'own loop'"
            ).fetchone()
            look.execute("SELECT pg_stat_clear_snapshot(), pg_sleep(0.005)")
            if left == (0,):
                break
    assert left == (0,)
    assert ledger(db) == [5] * 3

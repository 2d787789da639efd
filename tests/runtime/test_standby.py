"""Synchronous replication: nobody is told of what the standby does not have, whoever asks and however often."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from idem_runtime import Idempotency, StoreUnavailable
from idem_runtime.drivers.table import Table
from idem_runtime.idempotency import runtime_of
from idem_runtime.model import Execute, Refuse, Replay, Response, Sealed, Statement, StoreError
from idem_runtime.protocol import external_effect, local_effect
from tests.runtime import postgres
from tests.runtime.calls import INSERT, PATIENCE, Job, mark
from tests.runtime.stores import COLOURS, ask, finished, on, one, settled, store

DONE = Response(201, (), b"done")
SOON = 1.0
"""Seconds of ``store_timeout`` here."""
WAITING = "SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep'"


@dataclass
class Pair:
    """A primary whose commits wait for its standby."""

    primary: postgres.Server
    receiver: int
    """Process id of what receives the log at the standby."""

    @contextlib.contextmanager
    def lagging(self) -> Iterator[None]:
        """The standby receives nothing."""
        os.kill(self.receiver, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(self.receiver, signal.SIGCONT)

    def sql(self, text: str) -> list[Any]:
        with psycopg.connect(
            self.primary.dsn(), autocommit=True, options="-c synchronous_commit=local"
        ) as db:
            cursor = db.execute(text)  # type: ignore[call-overload]
            return cursor.fetchall() if cursor.description else []

    def wait_until(self, query: str, found: bool = True) -> None:
        deadline = time.monotonic() + PATIENCE
        while bool(self.sql(query)) is not found:
            assert time.monotonic() < deadline, query
            time.sleep(0.01)


@pytest.fixture(scope="module")
def pair() -> Iterator[Pair]:
    primary = postgres.start(postgres.chosen())
    folder, port = Path(tempfile.mkdtemp(prefix="idem-standby-")), postgres.free_port()
    if who := postgres.unprivileged():
        os.chown(folder, who["user"], who["group"])
    data = folder / "data"
    copy = [str(primary.binaries / "pg_basebackup"), "-D", str(data), "-R", "-c", "fast", "-d"]
    copy.append(primary.dsn() + "?application_name=standby")
    same = " ".join(f"-c {name}={value}" for name, value in postgres.SETTINGS.items())
    options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 {same}"
    start = [
        str(primary.binaries / "pg_ctl"),
        "-D",
        str(data),
        "-w",
        "-l",
        str(folder / "log"),
        "-o",
        options,
        "start",
    ]
    try:
        for command in (copy, start):
            subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL, **who)
        with psycopg.connect(primary.dsn(), autocommit=True) as db:
            db.execute(Table().creation())  # type: ignore[call-overload]
            db.execute("CREATE TABLE ledger (id serial PRIMARY KEY, who text, amount int NOT NULL)")
            db.execute("CREATE ROLE teller LOGIN")
            db.execute("GRANT ALL ON idempotency_records, ledger, ledger_id_seq TO teller")
            db.execute("ALTER SYSTEM SET synchronous_standby_names = 'standby'")
            db.execute("SELECT pg_reload_conf()")
        made = Pair(primary, 0)
        made.wait_until("SELECT 1 FROM pg_stat_replication WHERE sync_state = 'sync'")
        found = psycopg.connect(primary.dsn().replace(str(primary.port), str(port)), autocommit=True)
        with found:
            row = found.execute("SELECT pid FROM pg_stat_wal_receiver").fetchone()
        assert row is not None
        made.receiver = row[0]
        yield made
    finally:
        with contextlib.suppress(FileNotFoundError):
            postgres.stop(postgres.Server(folder, port, primary.binaries))
        shutil.rmtree(folder, ignore_errors=True)
        postgres.stop(primary)


pytestmark = pytest.mark.skipif(not (postgres.chosen() / "pg_basebackup").exists(), reason="no pg_basebackup")


@pytest.fixture
def dsn(pair: Pair) -> str:
    """As a role that may do nothing but its work."""
    pair.sql("TRUNCATE idempotency_records, ledger")
    return make_conninfo(pair.primary.dsn(), user="teller")


def code(decision: Any) -> str:
    assert isinstance(decision, Refuse), decision
    return decision.error.code


@COLOURS
def test_a_replay_waits_for_the_standby_as_the_original_did(pair: Pair, dsn: str, colour: str) -> None:
    """The original's COMMIT is cut off while it waits: committed here, seen here, and not there."""

    async def main() -> None:
        async with on(dsn, "dsn", colour, size=4, store_timeout=SOON) as idem:
            with pair.lagging():
                cut_off(pair, dsn)
                local = store(idem, colour)
                assert (
                    code(await settled(local.run(local_effect.admit(ask(number=2), begun=False))))
                    == "store_unavailable"
                )
                await settled(local.release())
                alien = await settled(store(idem, colour).run(external_effect.admit(ask(number=3))))
                assert code(alien) == "store_unavailable"
            for number in (4, 5):
                local = store(idem, colour)
                assert await settled(
                    local.run(local_effect.admit(ask(number=number), begun=False))
                ) == Replay(DONE)
                await settled(local.release())
            alien = await settled(store(idem, colour).run(external_effect.admit(ask(number=6))))
            assert alien == Replay(DONE)

    finished(main)


def cut_off(pair: Pair, dsn: str) -> None:
    """An execution by another process, which dies while its COMMIT waits for the standby."""
    other = Idempotency(dsn, store_timeout=PATIENCE)
    held = runtime_of(other).sync_store()
    assert held.run(local_effect.admit(ask(), begun=False)) == Execute()
    held.borrow().execute(INSERT, (5,))
    held.revoke()

    def seal() -> None:
        with contextlib.suppress(StoreError):
            held.run(one(Statement("release_savepoint+insert+commit", local_effect._record(ask(), DONE))))

    thread = threading.Thread(target=seal, daemon=True)
    thread.start()
    pair.wait_until(WAITING)
    pair.sql(f"SELECT pg_terminate_backend(pid, 5000) FROM ({WAITING}) AS waiting")
    thread.join()
    held.release()
    other.close()
    pair.wait_until("SELECT 1 FROM idempotency_records")


@COLOURS
def test_a_lost_acknowledgement_is_resolved_only_by_what_the_standby_has(
    pair: Pair, dsn: str, colour: str
) -> None:
    """The connection is lost while its COMMIT waits; the row that is there then proves too little."""

    async def main() -> tuple[Any, Any]:
        async with on(dsn, "dsn", colour, size=2, store_timeout=SOON, wait=0.5) as idem:
            idem.install()
            calls: list[int] = []

            @mark()
            def pay(job: Job, db: Any = idem.lent) -> int:
                calls.append(1)
                db.execute(INSERT, (5,))
                return 1

            @mark()
            async def apay(job: Job, db: Any = idem.lent) -> int:
                calls.append(1)
                await db.execute(INSERT, (5,))
                return 1

            call: Any = apay if colour == "async" else pay
            with pair.lagging():
                killer = threading.Thread(target=terminate, args=(pair,))
                killer.start()
                with pytest.raises(StoreUnavailable):
                    await settled(call(Job()))
                killer.join()
            return await settled(call(Job())), calls

    assert finished(main) == (1, [1])
    assert pair.sql("SELECT amount FROM ledger") == [(5,)]


def terminate(pair: Pair) -> None:
    """End what waits for the standby."""
    pair.wait_until(WAITING)
    pair.sql(f"SELECT pg_terminate_backend(pid) FROM ({WAITING}) AS waiting")


@COLOURS
def test_commits_that_wait_for_nobody_are_not_waited_for(pair: Pair, dsn: str, colour: str) -> None:
    async def main() -> None:
        local = make_conninfo(dsn, options="-c synchronous_commit=local")
        async with on(local, "dsn", colour, store_timeout=PATIENCE) as idem:
            with pair.lagging():
                held = store(idem, colour)
                await settled(held.run(local_effect.admit(ask(), begun=False)))
                await settled((await settled(held.borrow())).execute(INSERT, (5,)))
                assert await settled(held.run(local_effect.seal(ask(), DONE, undo=False))) == Sealed(DONE)
                await settled(held.release())
                held = store(idem, colour)
                assert await settled(held.run(local_effect.admit(ask(number=2), begun=False))) == Replay(DONE)
                await settled(held.release())

    finished(main)

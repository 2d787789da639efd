"""The primary is killed under load, and its synchronous standby promoted: what anybody was told is there, and once."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest

from idem_runtime import Idempotency, IdempotencyError, money_moving
from idem_runtime.adapters.function.admission import FunctionAdmission
from idem_runtime.drivers.table import Table
from idem_runtime.idempotency import runtime_of
from idem_runtime.marks import admission_here
from tests.runtime import postgres
from tests.runtime.calls import PATIENCE
from tests.runtime.stores import until

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (postgres.chosen() / "pg_basebackup").exists(), reason="no pg_basebackup"),
]
CALLERS = 4
BEFORE = 10
"""Payments that each caller has been told of before the primary is killed."""


@dataclass
class Pair:
    """A primary whose commits wait for its standby, and that standby."""

    primary: postgres.Server
    standby: postgres.Server

    @property
    def dsn(self) -> str:
        """Whichever of the two takes writes."""
        ports = f"{self.primary.port},{self.standby.port}"
        return (
            f"postgresql://postgres@127.0.0.1,127.0.0.1/postgres?port={ports}&target_session_attrs=read-write"
        )

    def kill_the_primary(self) -> None:
        """As a machine fails: nobody is told, nothing is shut down."""
        pid = int((self.primary.folder / "data" / "postmaster.pid").read_text().split()[0])
        listed = Path(
            f"/proc/{pid}/task/{pid}/children"
        )  # elsewhere they end by themselves, without their postmaster
        children = listed.read_text() if listed.exists() else ""
        for process in (pid, *map(int, children.split())):
            os.kill(process, signal.SIGKILL)

    def promote(self) -> None:
        postgres_server_run(self.standby, "pg_ctl", "-D", str(self.standby.folder / "data"), "-w", "promote")


def postgres_server_run(server: postgres.Server, program: str, *arguments: str) -> None:
    command = [str(server.binaries / program), *arguments]
    subprocess.run(
        command, cwd=server.folder, check=True, stdout=subprocess.DEVNULL, **postgres.unprivileged()
    )


@pytest.fixture
def pair() -> Iterator[Pair]:
    primary = postgres.start(postgres.chosen())
    folder = postgres.make_folder("idem-failover-")
    standby = postgres.Server(folder, postgres.free_port(), primary.binaries)
    same = " ".join(f"-c {name}={value}" for name, value in postgres.SETTINGS.items())
    options = f"-p {standby.port} -k {folder} -c listen_addresses=127.0.0.1 {same}"
    data = str(folder / "data")
    try:
        source = primary.dsn() + "?application_name=standby"
        postgres_server_run(standby, "pg_basebackup", "-D", data, "-R", "-c", "fast", "-d", source)
        postgres_server_run(
            standby, "pg_ctl", "-D", data, "-w", "-l", str(folder / "log"), "-o", options, "start"
        )
        with psycopg.connect(primary.dsn(), autocommit=True) as db:
            db.execute(Table().creation())  # type: ignore[call-overload]
            db.execute("CREATE TABLE ledger (id serial PRIMARY KEY, who text, amount int NOT NULL)")
            db.execute("ALTER SYSTEM SET synchronous_standby_names = 'standby'")
            db.execute("SELECT pg_reload_conf()")
            assert until(
                lambda: db.execute("SELECT 1 FROM pg_stat_replication WHERE sync_state = 'sync'").fetchone()
            )
        yield Pair(primary, standby)
    finally:
        for server in (standby, primary):
            if (server.folder / "data" / "postmaster.pid").exists():
                postgres.stop(server)
            shutil.rmtree(server.folder, ignore_errors=True)


@dataclass
class Caller:
    """Pays again and again, and retries each payment with its key until it is told what became of it."""

    number: int
    told: dict[str, int] = field(default_factory=dict)
    retried: int = 0

    def pay(self, pay: Any, over: threading.Event) -> None:
        payment = 0
        while not over.is_set() or payment < BEFORE * 2:
            key, end = f"{self.number}.{payment}", time.monotonic() + 3 * PATIENCE
            while key not in self.told:
                assert time.monotonic() < end, key
                try:
                    self.told[key] = pay(key)
                except (IdempotencyError, psycopg.OperationalError):
                    self.retried += 1
                    time.sleep(0.05)
            payment += 1


def test_nothing_that_anybody_was_told_is_lost_and_nobody_pays_twice(pair: Pair) -> None:
    idem = Idempotency(pair.dsn, pool_size=CALLERS, store_timeout=2, pool_timeout=2)

    @money_moving(operation="pay", key=lambda key: key, principal=lambda key: "alice")
    def pay(key: str, db: Any = Idempotency.lent) -> int:
        return int(
            db.execute("INSERT INTO ledger (who, amount) VALUES (%s, 7) RETURNING id", (key,)).fetchone()[0]
        )

    def work(caller: Caller) -> None:
        with admission_here(FunctionAdmission(runtime_of(idem))):
            caller.pay(pay, over)

    callers, over = [Caller(number) for number in range(CALLERS)], threading.Event()
    threads = [threading.Thread(target=work, args=(caller,)) for caller in callers]
    for thread in threads:
        thread.start()
    assert until(lambda: all(len(caller.told) >= BEFORE for caller in callers))
    pair.kill_the_primary()
    pair.promote()
    with psycopg.connect(pair.standby.dsn(), autocommit=True) as db:
        db.execute("ALTER SYSTEM SET synchronous_standby_names = ''")
        db.execute("SELECT pg_reload_conf()")
        over.set()
        for thread in threads:
            thread.join(4 * PATIENCE)
        there = dict(db.execute("SELECT who, min(id) FROM ledger GROUP BY who").fetchall())
        twice = db.execute("SELECT who FROM ledger GROUP BY who HAVING count(*) > 1").fetchall()
    idem.close()
    told = {key: number for caller in callers for key, number in caller.told.items()}
    assert (twice, there) == ([], told)
    assert len(told) >= CALLERS * BEFORE * 2
    assert sum(caller.retried for caller in callers) > 0, "the primary was killed under load"

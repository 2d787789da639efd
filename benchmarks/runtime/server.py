"""The Postgres server of the benchmarks, the network before it, and the processor time of its processes."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from benchmarks.runtime.bank import SETUP
from benchmarks.runtime.cores import SERVER, pin
from examples import demo_postgres as postgres

BACKENDS = "SELECT pid FROM pg_stat_activity WHERE application_name = %s AND backend_type = 'client backend'"


@contextmanager
def network(server: postgres.Server, delay: float) -> Generator[str]:
    """A DSN whose round trip takes ``delay`` milliseconds longer than the machine itself; at 0 there is no proxy."""
    if not delay:
        yield server.dsn("postgres")
        return
    command = [sys.executable, "-m", "benchmarks.runtime.delay", str(server.port), str(delay / 2000)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as proxy:
        assert proxy.stdout is not None
        port = proxy.stdout.readline().strip()
        yield f"postgresql://postgres@127.0.0.1:{port}/postgres?sslmode=disable&gssencmode=disable"
        proxy.terminate()


@contextmanager
def prepared_server() -> Generator[postgres.Server]:
    """A server with our table and the accounts."""
    server = postgres.start()
    try:
        pid = (server.folder / "data" / "postmaster.pid").read_text(encoding="utf-8").split()[0]
        pin(SERVER, int(pid))
        migrate(server.dsn())
        with psycopg.connect(server.dsn(), autocommit=True) as db:
            db.execute(SETUP)
            # page images after a checkpoint are noise here
            db.execute("ALTER SYSTEM SET full_page_writes = off")
            db.execute("SELECT pg_reload_conf()")
        yield server
    finally:
        postgres.stop(server)


def migrate(dsn: str) -> None:
    """Make our table as its users do."""
    command = [sys.executable, "-m", "idem_runtime", "migrate", "--dsn", dsn]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


class ServerTime:
    """The processor time of the server's processes that serve one application, in milliseconds.

    The scheduler counts nanoseconds for each process (Linux); of a process that waits for its client they are complete.
    """

    def __init__(self, db: psycopg.Connection[Any]) -> None:
        self.db = db

    def of(self, application: str) -> dict[int, float]:
        """For each process; empty where the system does not say."""
        pids = [pid for (pid,) in self.db.execute(BACKENDS, (application,))]
        files = {pid: Path(f"/proc/{pid}/schedstat") for pid in pids}
        return {pid: int(file.read_text().split()[0]) / 1e6 for pid, file in files.items() if file.exists()}


def spent(before: dict[int, float], after: dict[int, float]) -> float:
    """Milliseconds between two readings; not a number where the system does not say."""
    return sum(value - before.get(pid, 0.0) for pid, value in after.items()) if after else float("nan")

"""The runtime's part of ``make demo``: a real server, a real Postgres, retries, a crash; every claim is counted in SQL."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psycopg

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "examples")]

import demo_postgres as postgres  # noqa: E402 - the folders above are where it is found
from bank.db import SCHEMA  # noqa: E402

TRANSFER = {"source": "alice", "target": "shop", "amount": 500}
RETRIES = 50
PATIENCE = 120  # seconds, for a machine that has much else to do


class Bank:
    """One uvicorn process, which can be killed and started again."""

    def __init__(self, dsn: str) -> None:
        self.environment = {**os.environ, "DATABASE_URL": dsn, "PYTHONPATH": os.pathsep.join(sys.path[:2])}
        self.port = postgres.free_port()
        self.start()

    def start(self) -> None:
        command = [
            sys.executable,
            "-m",
            "uvicorn",
            "protected:app",
            "--port",
            str(self.port),
            "--log-level",
            "critical",
        ]
        self.process = subprocess.Popen(command, env=self.environment, cwd=ROOT / "examples")
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            try:
                httpx.get(f"http://127.0.0.1:{self.port}/openapi.json", trust_env=False)
            except httpx.TransportError:
                time.sleep(0.05)
            else:
                return
        raise RuntimeError(f"the bank did not start within {PATIENCE} seconds")

    def transfer(self, key: str, who: str = "alice", **changes: Any) -> httpx.Response:
        """As a patient client: where the original is still under way, it asks again when it was told to."""
        while True:
            answer = self.ask(key, who, **changes)
            if answer.status_code != 409 or answer.json()["code"] != "in_progress":
                return answer
            time.sleep(int(answer.headers["retry-after"]))

    def ask(self, key: str, who: str, **changes: Any) -> httpx.Response:
        headers = {"authorization": f"Bearer {who}'s", "idempotency-key": key}
        url = f"http://127.0.0.1:{self.port}/wallet/transfers"
        return httpx.post(
            url, json={**TRANSFER, **changes}, headers=headers, timeout=PATIENCE, trust_env=False
        )

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


def protected() -> bool:
    """The whole part; whether every step showed what it is there to show."""
    print("\nNow the same bank, protected by the runtime, on uvicorn and an embedded Postgres:\n", flush=True)
    server = postgres.start()
    try:
        dsn = server.dsn()
        migrate = [sys.executable, "-m", "idem_runtime", "migrate", "--dsn", dsn]
        subprocess.run(migrate, check=True, cwd=ROOT)
        with psycopg.connect(dsn, autocommit=True) as db, running(dsn) as bank:
            db.execute(SCHEMA.read_bytes())
            db.execute("INSERT INTO account VALUES ('alice', 'alice', 100000), ('shop', 'shop', 0)")
            shown = [step(bank, db) for step in (storm, other_payload, other_tenant, crash, books)]
            return all(shown)
    finally:
        postgres.stop(server)


@contextmanager
def running(dsn: str) -> Iterator[Bank]:
    bank = Bank(dsn)
    try:
        yield bank
    finally:
        bank.kill()


def storm(bank: Bank, db: psycopg.Connection[Any]) -> bool:
    """Fifty retries at once."""
    with ThreadPoolExecutor(RETRIES) as many:
        answers = list(many.map(lambda _: bank.transfer("pay-1"), range(RETRIES)))
    replays = sum("idempotent-replayed" in each.headers for each in answers)
    same = len({(each.status_code, each.content) for each in answers}) == 1
    print(
        f"{RETRIES} concurrent retries of one transfer: {postings(db)} ledger transaction, {replays} replays"
    )
    return (postings(db), replays, same) == (1, RETRIES - 1, True)


def other_payload(bank: Bank, db: psycopg.Connection[Any]) -> bool:
    """The same key for another amount."""
    answer = bank.transfer("pay-1", amount=600)
    print(f"the same key, another amount:          {answer.status_code} {answer.json()['code']}")
    return (answer.status_code, postings(db)) == (409, 1)


def other_tenant(bank: Bank, db: psycopg.Connection[Any]) -> bool:
    """The same key from somebody else."""
    answer = bank.transfer("pay-1", who="bob")
    print(f"the same key, another tenant:          {answer.status_code}, a transfer of its own")
    return (answer.status_code, postings(db)) == (201, 2)


def crash(bank: Bank, db: psycopg.Connection[Any]) -> bool:
    """kill -9 while the handler waits for a row that we hold."""
    with psycopg.connect(db.info.dsn) as other:
        other.execute("SELECT FROM account WHERE id = 'shop' FOR UPDATE")
        caller = threading.Thread(target=lost, args=(bank,))
        caller.start()
        while not db.execute("SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'").fetchone():
            time.sleep(0.02)
        bank.kill()
        caller.join()
    bank.start()
    before = postings(db)
    answers = [bank.transfer("pay-2"), bank.transfer("pay-2")]
    print(
        f"kill -9 in mid-transfer:               {before - 2} transactions; restarted, retried: {postings(db) - 2}"
    )
    return [each.status_code for each in answers] == [201, 201] and (before, postings(db)) == (2, 3)


def lost(bank: Bank) -> None:
    try:
        bank.transfer("pay-2")
    except httpx.TransportError:
        print("                                       (the caller saw its connection break)")


def books(_: Bank, db: psycopg.Connection[Any]) -> bool:
    """Every posting adds up to nothing, and the accounts to what the postings say."""
    entries = db.execute("SELECT sum(amount)::int FROM entry").fetchone()
    moved = db.execute("SELECT balance::int FROM account WHERE id = 'shop'").fetchone()
    print(f"the books:                             entries add up to {entries[0]}, the shop has {moved[0]}")  # type: ignore[index]
    return (entries, moved) == ((0,), (3 * TRANSFER["amount"],))


def postings(db: psycopg.Connection[Any]) -> int:
    row = db.execute("SELECT count(DISTINCT posting) FROM entry").fetchone()
    return int(row[0])  # type: ignore[index]


if __name__ == "__main__":
    sys.exit(0 if protected() else 1)

"""Intents through real servers while workers are killed, connections ended and the database fails: the books balance.

A short run always; with ``IDEM_PROOF=full`` 3,000 intents over all servers, or as many as ``IDEM_SOAK`` says.
"""

from __future__ import annotations

import http.client
import json
import os
import random
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from importlib.util import find_spec
from pathlib import Path

import psycopg
import pytest

from idem_runtime.drivers.table import Table
from tests.runtime import postgres
from tests.runtime.soak import bank
from tests.runtime.soak.servers import PATIENCE, SERVERS, Application, Provider, provider
from tests.runtime.soak.trouble import LONGEST_HOLE, BadNetwork, Trouble

FULL = os.environ.get("IDEM_PROOF") == "full"
INTENTS = int(os.environ.get("IDEM_SOAK", "3000" if FULL else "60"))
CHOSEN = list(SERVERS) if FULL or "IDEM_SOAK" in os.environ else ["uvicorn"]
CLIENTS = 8
DONE = (201, 402)
SLOWNESS = 5.0
"""Seconds that a machine with other work may add."""
TELLING = 6 * (bank.POOL_TIMEOUT + LONGEST_HOLE)
"""Seconds. An owner that lives tries up to six times to tell the database, or to learn from it, how it ended."""
LOCAL_BOUND = TELLING + SLOWNESS
"""Seconds. The server's side of a killed process, a reset or a terminated backend ends at once; behind a black hole, when
both sides learn of it."""
EXTERNAL_BOUND = TELLING + bank.LEASE + SLOWNESS
"""Seconds. Nobody waits longer for an attempt that died than its lease: then its outcome is unknown."""


@dataclass
class Intent:
    """What one client wants, and what it was told."""

    order: bank.Order
    path: str
    answer: tuple[int, bytes] | None = None
    tries: int = 0
    last: object = None
    busy_since: float | None = None
    longest_busy: float = 0.0

    @property
    def settled(self) -> bool:
        """Whether there is nothing more to ask."""
        return self.answer is not None

    @property
    def unknown(self) -> bool:
        """Whether it ended with an outcome that nobody knows."""
        return self.answer is not None and self.answer[0] == 409


@dataclass
class Soak:
    """One run against one server."""

    application: Application
    intents: list[Intent]
    settled: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def progress(self) -> float:
        """How much is done, from 0 to 1."""
        return self.settled / len(self.intents)

    def work_off(self, intent: Intent) -> None:
        """Ask with the same key until there is an answer."""
        end = time.monotonic() + 2 * PATIENCE
        while not intent.settled:
            assert time.monotonic() < end, f"no answer for {intent}"
            self.ask(intent)
        with self.lock:
            self.settled += 1

    def ask(self, intent: Intent) -> None:
        """Once."""
        intent.tries += 1
        try:
            status, body = self.application.ask(
                "POST", intent.path, asdict(intent.order), intent.order.intent
            )
        except (OSError, http.client.HTTPException) as error:
            intent.last = error
            time.sleep(0.1)
            return
        intent.last = status, body
        code = json.loads(body).get("code") if status in (409, 503) else None
        if code == "in_progress":
            intent.busy_since = intent.busy_since or time.monotonic()
            intent.longest_busy = max(intent.longest_busy, time.monotonic() - intent.busy_since)
            return
        intent.busy_since = None
        if status in DONE or code == "outcome_unknown":
            intent.answer = status, body
        else:
            assert status in (500, 503), (status, body)
            time.sleep(0.05)


def wanted(count: int) -> list[Intent]:
    """Transfers and payouts, some of them declined; every third is asked for by two clients at once."""
    accounts = [f"a{number}" for number in range(10)]
    intents = list[Intent]()
    for number in range(count):
        source, target = random.sample(accounts, 2)
        external = number % 4 == 3
        order = bank.Order(
            f"i{number}", source, target, random.randint(1, 9), not external and number % 10 == 0
        )
        path = "/payouts" if external else "/transfers"
        intents += [Intent(order, path) for _ in range(2 if number % 3 == 0 else 1)]
    return intents


@pytest.fixture
def database() -> Iterator[postgres.Server]:
    """A server of its own: it is going to fail."""
    server = postgres.start(postgres.chosen())
    try:
        with psycopg.connect(server.dsn(), autocommit=True) as admin:
            admin.execute("CREATE DATABASE bank")
        with psycopg.connect(server.dsn("bank"), autocommit=True) as connection:
            connection.execute(Table().creation())  # type: ignore[call-overload]
            connection.execute(bank.SCHEMA)
        yield server
    finally:
        postgres.stop(server)


def check_the_books(server: postgres.Server, intents: list[Intent], called: Provider) -> None:
    """Every intent has exactly the effect that its client was told."""
    with psycopg.connect(server.dsn("bank"), autocommit=True) as auditor:
        assert auditor.execute("SELECT sum(balance) FROM accounts").fetchone() == (10 * 1000,)
        balances = auditor.execute(
            "SELECT id FROM accounts WHERE balance - 1000 <>"
            " (SELECT coalesce(sum(amount), 0) FROM entries WHERE account = accounts.id)"
        ).fetchall()
        assert balances == [], "balances are the sum of their entries"
        entries = dict[str, list[tuple[int, str, int]]]()
        for number, intent, account, amount in auditor.execute(
            "SELECT id, intent, account, amount FROM entries ORDER BY id"
        ):
            entries.setdefault(intent, []).append((number, account, amount))
    for intent in intents:
        assert intent.answer is not None
        check_one(intent, entries.get(intent.order.intent, []), called.calls[intent.order.intent])


def check_one(intent: Intent, entries: list[tuple[int, str, int]], calls: int) -> None:
    """The effect of one intent, and what its client was told."""
    assert intent.answer is not None
    order, (status, body) = intent.order, intent.answer
    if intent.path == "/payouts":
        assert not entries
        assert calls == 1 if status == 201 else calls <= 1, f"{calls} calls for {intent}"
        return
    assert status == (402 if order.declined else 201), intent
    moved = [(account, amount) for _, account, amount in entries]
    assert moved == ([] if order.declined else [(order.source, -order.amount), (order.target, order.amount)])
    if entries:
        assert json.loads(body)["entry"] == entries[-1][0], "the answer is that of the effect"


def check_the_bounds(intents: list[Intent]) -> None:
    """No key was busy for longer than the way in which its owner can have ended explains."""
    for intent in intents:
        bound = EXTERNAL_BOUND if intent.path == "/payouts" else LOCAL_BOUND
        assert intent.longest_busy <= bound, f"busy for {intent.longest_busy:.1f} s: {intent}"


@pytest.mark.parametrize("name", CHOSEN)
def test_the_books_balance_whatever_dies(
    name: str, database: postgres.Server, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    module = SERVERS[name][0]
    if find_spec(module) is None:
        pytest.skip(f"{module} is not installed")
    network, log = BadNetwork(database.port), tmp_path / "log"
    with provider() as called:
        environment = {"BANK_DSN": network.dsn(database.dsn("bank")), "BANK_PROVIDER": called.address}
        application = Application(name, environment, log)
        try:
            application.ready()
            soak = Soak(application, wanted(INTENTS // len(CHOSEN)))
            trouble = Trouble(application, network, database, soak.progress)
            with trouble(), ThreadPoolExecutor(CLIENTS) as clients:
                list(clients.map(soak.work_off, soak.intents))
            application.ready()
            check_the_books(database, soak.intents, called)
            check_the_bounds(soak.intents)
            for intent in soak.intents:
                repeated(soak, intent)
            check_the_books(database, soak.intents, called)
        finally:
            application.stop()
            network.close()
    for what, count in said(soak, trouble).items():
        record_property(what, count)
    print(f"{name}: {said(soak, trouble)}")


def repeated(soak: Soak, intent: Intent) -> None:
    """One more request with the key, in quiet: the same answer, to the byte."""
    once = Intent(intent.order, intent.path)
    soak.work_off(once)
    assert once.answer is not None
    assert intent.answer is not None
    if not (intent.unknown or once.unknown):
        assert once.answer == intent.answer


def said(soak: Soak, trouble: Trouble) -> dict[str, object]:
    """The run in numbers."""
    local = [intent.longest_busy for intent in soak.intents if intent.path == "/transfers"]
    external = [intent.longest_busy for intent in soak.intents if intent.path == "/payouts"]
    return {
        "intents": len({intent.order.intent for intent in soak.intents}),
        "requests": sum(intent.tries for intent in soak.intents),
        "unknown": sum(intent.unknown for intent in soak.intents),
        "longest busy, local": round(max(local), 1),
        "longest busy, external": round(max(external), 1),
        **trouble.counts,
    }

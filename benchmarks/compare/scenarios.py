"""What is done to each peer. A scenario returns facts, counted in the ledger or at the provider; ``verdicts`` reads them.

``effects``: how often money moved. ``answers``: the status of what was answered, or ``lost``. ``same``: the retry's body is the first one's.
"""

from __future__ import annotations

import json
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import psycopg

from benchmarks.compare.environments import Peer
from benchmarks.compare.machine import LEASE, Bank, Machine

DUPLICATES = 50
PATIENCE = 20.0
"""Seconds that a client goes on asking: more than six leases."""
TRY_AGAIN = frozenset({409, 423, 425, 429, 500, 502, 503, 504})
Facts = dict[str, Any]


@dataclass
class Bench:
    """One peer, with its database and everything around it."""

    machine: Machine
    peer: Peer
    environment: dict[str, str]

    @contextmanager
    def bank(self) -> Generator[Bank]:
        """A fresh server."""
        bank = Bank(self.peer, self.environment)
        try:
            yield bank
        finally:
            bank.kill()

    def query(self, statement: str, *values: str) -> int:
        """One number, past the proxy."""
        with psycopg.connect(self.machine.postgres.dsn("bank"), autocommit=True) as db:
            row = db.execute(statement, values).fetchone()
        return int(row[0]) if row else 0

    def effects(self, reference: str) -> int:
        """How many transfers are in the ledger."""
        return self.query("SELECT count(*) FROM ledger WHERE reference = %s", reference)

    @contextmanager
    def blocked(self) -> Generator[Callable[[], None]]:
        """A row lock that stops every transfer at its second statement; yields a function that waits until one stands there."""

        def somebody_waits() -> None:
            question = (
                "SELECT count(*) FROM pg_stat_activity WHERE datname = 'bank' AND wait_event_type = 'Lock'"
            )
            until(lambda: self.query(question) > 0)

        with psycopg.connect(self.machine.postgres.dsn("bank")) as db:
            db.execute("SELECT FROM account WHERE id = 'shop' FOR UPDATE")
            yield somebody_waits

    def quiet(self) -> None:
        """Wait until no transaction is open."""
        question = "SELECT count(*) FROM pg_stat_activity WHERE datname = 'bank' AND xact_start IS NOT NULL AND pid <> pg_backend_pid()"
        until(lambda: self.query(question) == 0)


def until(condition: Callable[[], bool], patience: float = 30.0) -> None:
    end = time.monotonic() + patience
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError("what the scenario waits for did not happen")
        time.sleep(0.02)


def patient(ask: Callable[[], httpx.Response]) -> httpx.Response:
    """As a client that goes on asking while it is told to."""
    end = time.monotonic() + PATIENCE
    while True:
        answer = ask()
        if answer.status_code not in TRY_AGAIN or time.monotonic() > end:
            return answer
        time.sleep(0.5)


def attempted(ask: Callable[[], httpx.Response]) -> str:
    """The status, or that no answer came."""
    try:
        return str(ask().status_code)
    except httpx.TransportError:
        return "lost"


def said(answer: httpx.Response) -> str:
    """The body's meaning: another order of its names is the same answer."""
    try:
        return json.dumps(answer.json(), sort_keys=True)
    except ValueError:
        return answer.text


def duplicates(bench: Bench) -> Facts:
    """Fifty at once, over two server processes; then one client that goes on asking."""
    with bench.bank() as first, bench.bank() as second, ThreadPoolExecutor(DUPLICATES) as many:
        answers = list(
            many.map(
                lambda number: (first, second)[number % 2].ask("transfers", "storm", "storm"),
                range(DUPLICATES),
            )
        )
        late = patient(lambda: first.ask("transfers", "storm", "storm"))
    statuses = Counter(str(answer.status_code) for answer in answers)
    bodies = {said(answer) for answer in (*answers, late) if answer.is_success}
    return {
        "effects": bench.effects("storm"),
        "answers": dict(sorted(statuses.items())),
        "retry": late.status_code,
        "same": len(bodies) == 1,
    }


def other_payload(bench: Bench) -> Facts:
    """The same key for another amount."""
    with bench.bank() as bank:
        first = bank.ask("transfers", "payload", "payload")
        other = bank.ask("transfers", "payload", "payload", amount=900)
    return {
        "effects": bench.effects("payload"),
        "first": first.status_code,
        "other": other.status_code,
        "same": said(other) == said(first),
    }


def other_tenant(bench: Bench) -> Facts:
    """The same key and payload from somebody else."""
    with bench.bank() as bank:
        first = bank.ask("transfers", "tenant", "tenant")
        other = bank.ask("transfers", "tenant", "tenant", tenant="bob")
    own = bench.query("SELECT count(*) FROM ledger WHERE reference = 'tenant' AND tenant = 'bob'")
    return {
        "effects": bench.effects("tenant"),
        "own": own,
        "other": other.status_code,
        "same": said(other) == said(first),
    }


def hang_up(bench: Bench) -> Facts:
    """The client closes its connection in mid-transfer, and asks again."""
    with bench.bank() as bank:
        with bench.blocked() as somebody_waits:
            body = b'{"reference":"hangup","amount":500}'  # as httpx writes it in the retry
            head = (
                "POST /transfers HTTP/1.1\r\nhost: bank\r\nauthorization: alice\r\nidempotency-key: hangup\r\n"
                f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
            )
            with socket.create_connection(("127.0.0.1", bank.port)) as client:
                client.sendall(head.encode() + body)
                somebody_waits()
            time.sleep(0.5)
        bench.quiet()
        time.sleep(1)  # whatever the server does after its commit is done
        retry = patient(lambda: bank.ask("transfers", "hangup", "hangup"))
    return {"effects": bench.effects("hangup"), "retry": retry.status_code}


def killed_before_commit(bench: Bench) -> Facts:
    """``kill -9`` while the transfer waits for a row; the server is started again and the client asks again."""
    with bench.bank() as bank:
        with bench.blocked() as somebody_waits:
            caller = threading.Thread(
                target=attempted, args=(lambda: bank.ask("transfers", "before", "before"),)
            )
            caller.start()
            somebody_waits()
            bank.kill()
            caller.join()
        bench.quiet()
        before = bench.effects("before")
        bank.start()
        retry = patient(lambda: bank.ask("transfers", "before", "before"))
    return {"effects": bench.effects("before"), "effects_before_retry": before, "retry": retry.status_code}


def killed_after_commit(bench: Bench) -> Facts:
    """``kill -9`` in the moment in which the database has committed the transfer."""
    with bench.bank() as bank:
        bench.machine.proxy.arm(bank.kill)
        first = attempted(lambda: bank.ask("transfers", "after", "after"))
        if not bench.machine.proxy.acted.wait(10):
            raise RuntimeError("the proxy saw no COMMIT of a transfer")
        bench.quiet()
        before = bench.effects("after")
        bank.start()
        retry = patient(lambda: bank.ask("transfers", "after", "after"))
    return {
        "effects": bench.effects("after"),
        "effects_before_retry": before,
        "first": first,
        "retry": retry.status_code,
    }


def lost_acknowledgement(bench: Bench) -> Facts:
    """The transfer is committed, and the connection breaks before the bank hears of it; the process lives."""
    with bench.bank() as bank:
        bench.machine.proxy.arm(lambda: None)
        first = attempted(lambda: bank.ask("transfers", "ack", "ack"))
        if not bench.machine.proxy.acted.wait(10):
            raise RuntimeError("the proxy saw no COMMIT of a transfer")
        before = bench.effects("ack")
        retry = patient(lambda: bank.ask("transfers", "ack", "ack"))
    return {
        "effects": bench.effects("ack"),
        "effects_before_retry": before,
        "first": first,
        "retry": retry.status_code,
    }


def provider_timeout(bench: Bench) -> Facts:
    """The provider pays and answers too late; the client asks once more when every lease has passed."""
    paid = bench.machine.provider.paid
    reference = f"provider of {bench.peer.name}"
    with bench.bank() as bank:
        first = attempted(lambda: bank.ask("payouts", "provider", reference))
        time.sleep(LEASE + 1)
        retry = attempted(lambda: bank.ask("payouts", "provider", reference))
    return {"effects": paid[reference], "first": first, "retry": retry}


def deploy(bench: Bench) -> Facts:
    """The answer was lost, a new version is deployed in which the function has another name, and the client asks again."""
    with bench.bank() as bank:
        first = bank.ask("transfers", "deploy", "deploy")
        bank.stop()
        bank.start(BANK_RENAMED="v2")
        retry = patient(lambda: bank.ask("transfers", "deploy", "deploy"))
    return {
        "effects": bench.effects("deploy"),
        "first": first.status_code,
        "retry": retry.status_code,
        "same": said(retry) == said(first),
    }


SCENARIOS: dict[str, Callable[[Bench], Facts]] = {
    "duplicates": duplicates,
    "other_payload": other_payload,
    "other_tenant": other_tenant,
    "hang_up": hang_up,
    "killed_before_commit": killed_before_commit,
    "killed_after_commit": killed_after_commit,
    "lost_acknowledgement": lost_acknowledgement,
    "provider_timeout": provider_timeout,
    "deploy": deploy,
}


def measured(bench: Bench, name: str) -> Facts:
    """The facts, or what went wrong where the scenario could not be carried out."""
    if bench.machine.redis:
        with socket.create_connection(("127.0.0.1", bench.machine.redis)) as redis:
            redis.sendall(b"FLUSHALL\r\n")  # it has nothing of another peer
            redis.recv(64)
    try:
        return SCENARIOS[name](bench)
    except (TimeoutError, RuntimeError, httpx.HTTPError) as error:
        return {"failed": f"{type(error).__name__}: {error}"}
    finally:
        bench.machine.proxy.disarm()

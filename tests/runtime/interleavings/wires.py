"""A connection that is never waited for: a statement is sent, and then it is looked at whether it ended or is blocked.

A message of the protocol is cut into *steps*: one SQL statement that others can notice, with those before it that
nobody can (``BEGIN``, ``SAVEPOINT``, settings). So an interleaving is one of SQL statements, not only of messages.
"""

from __future__ import annotations

import re
import select
import time
from dataclasses import dataclass
from typing import Any, Literal

import psycopg
from psycopg.abc import PQGen
from psycopg.pq import ExecStatus, TransactionStatus
from psycopg.pq.abc import PGresult
from psycopg.waiting import Ready

from idem_runtime.drivers.prepared_statements import Prepared
from idem_runtime.drivers.wire_messages import round_trip

PATIENCE = 120.0
"""Seconds after which something that should have happened did not."""
LOOK = 0.0005
"""Seconds to wait for an answer before the server is asked whether the statement is blocked."""

Kind = Literal["read", "lock", "effect", "insert", "end", "client", "other"]
LOCAL = re.compile(rb"\s*(BEGIN|SET LOCAL|SAVEPOINT|RELEASE SAVEPOINT)\b")
"""What nobody else can notice."""
LOCAL_IN_TRANSACTION = re.compile(
    rb"\s*SELECT (set_config\((?!.*_lock\()|pg_current_xact_id_if_assigned\()", re.DOTALL
)
"""The same, where a snapshot was taken before: the first query of a transaction above READ COMMITTED takes one."""
KINDS: tuple[tuple[Kind, re.Pattern[bytes]], ...] = (
    ("lock", re.compile(rb"\s*SELECT .*pg_(try_)?advisory_xact_lock", re.DOTALL)),
    ("read", re.compile(rb"\s*SELECT .*FROM \"?idempotency_records", re.DOTALL)),
    ("effect", re.compile(rb"\s*INSERT INTO ledger\b")),
    ("insert", re.compile(rb"\s*INSERT INTO \"?idempotency_records\"? \(")),
    ("end", re.compile(rb"\s*(COMMIT|ROLLBACK)\s*$")),
)


@dataclass(frozen=True)
class Step:
    """One message to the server: a statement that others notice (``kind``), and those before it that they do not."""

    text: bytes
    kind: Kind
    prepared: Prepared | None = None  # the form that it is sent in; `None`: as text, with the simple protocol


def steps_of(message: bytes, *, snapshot: bool) -> list[Step]:
    """``message``, cut; ``snapshot``: whether its transaction has one already, or takes one per statement."""
    statements = message.split(b";\n")
    cut = cuts(statements, snapshot=snapshot)
    return [Step(b";\n".join(statements[part]), kind) for part, kind in cut]


def prepared_steps(message: Prepared, *, snapshot: bool) -> list[Step]:
    """As :func:`steps_of`; each step is a pipeline of its own."""
    texts = [text if isinstance(text, bytes) else part.text for _, part, text in message.statements]
    cut = cuts(texts, snapshot=snapshot)
    return [
        Step(b";\n".join(texts[part]), kind, Prepared(message.memory, message.statements[part]))
        for part, kind in cut
    ]


def cuts(statements: list[bytes], *, snapshot: bool) -> list[tuple[slice, Kind]]:
    """Which of ``statements`` are one step, and of what kind."""
    steps: list[tuple[slice, Kind]] = []
    begin = 0
    for at, statement in enumerate(statements):
        if LOCAL.match(statement) or (snapshot and LOCAL_IN_TRANSACTION.match(statement)):
            continue
        kind = next((kind for kind, pattern in KINDS if pattern.match(statement)), "other")
        steps.append((slice(begin, at + 1), kind))
        begin, snapshot = at + 1, True
    return [*steps, (slice(begin, None), "client")] if begin < len(statements) else steps


class Lost(Exception):
    """The connection is gone."""


class Wire:
    """One connection to the server, and whether a statement is on its way there."""

    def __init__(self, dsn: str) -> None:
        """Connects at once, and waits for that."""
        self.connection = psycopg.connect(dsn, autocommit=True)
        self.pgconn = self.connection.pgconn
        self.pid = self.pgconn.backend_pid
        self._steps: PQGen[list[PGresult]]
        self._poll = select.poll()
        self._poll.register(self.pgconn.socket, select.POLLIN)

    @property
    def usable(self) -> bool:
        """Whether it is there, and in no transaction."""
        return not self.connection.closed and self.pgconn.transaction_status == TransactionStatus.IDLE

    @property
    def in_transaction(self) -> bool:
        """Whether it is in a transaction, failed ones included."""
        return self.pgconn.transaction_status in (TransactionStatus.INTRANS, TransactionStatus.INERROR)

    def send(self, step: Step) -> None:
        """Send ``step``; its answer is what :meth:`answer` gives, some time."""
        prepared = step.prepared
        try:
            if prepared is None:
                self._steps = round_trip(self.pgconn, step.text)
            else:
                self._steps = prepared.round_trip(self.pgconn)
            next(self._steps)
        except psycopg.OperationalError:
            raise Lost from None

    def answer(self, seconds: float) -> list[PGresult] | None:
        """What the server said, or ``None``: nothing yet."""
        if not self._poll.poll(seconds * 1000):
            return None
        try:
            self._steps.send(Ready.R)
        except StopIteration as stop:
            results: list[PGresult] = stop.value
        except psycopg.OperationalError:
            raise Lost from None
        else:
            return None
        if results[-1].status == ExecStatus.FATAL_ERROR and self.connection.closed:
            raise Lost
        return results

    def closed_by_server(self) -> None:
        """Wait for the end of the server's process; its locks are free by then."""
        end = time.monotonic() + PATIENCE
        while not self.connection.closed:
            assert time.monotonic() < end, "a terminated backend did not end"
            try:
                self._poll.poll(1)
                self.pgconn.consume_input()
                while not self.pgconn.is_busy() and self.pgconn.get_result() is not None:
                    pass
            except psycopg.OperationalError:
                break
        self.connection.close()


class Monitor:
    """Looks at the others from outside."""

    def __init__(self, dsn: str) -> None:
        """A connection of its own."""
        self.connection = psycopg.connect(dsn, autocommit=True, prepare_threshold=None)

    def close(self) -> None:
        self.connection.close()

    def value(self, query: str) -> Any:
        """The first value of the answer."""
        result = self.connection.pgconn.exec_(query.encode())
        assert result.status == ExecStatus.TUPLES_OK, result.error_message
        return result.get_value(0, 0)

    def blocked(self, wire: Wire) -> bool:
        """Whether what ``wire`` was sent waits for a lock that another has."""
        return bool(self.value(f"SELECT pg_blocking_pids({wire.pid})") != b"{}")

    def waits_for_advisory_lock(self, wire: Wire) -> bool:
        """Whether it waits for one of the locks that have a time limit."""
        query = f"SELECT EXISTS (SELECT FROM pg_locks WHERE pid = {wire.pid} AND NOT granted AND locktype = 'advisory')"
        return bool(self.value(query) == b"t")

    def terminate(self, wire: Wire) -> None:
        """End the server's process of ``wire``, and wait until it has."""
        if not wire.connection.closed:
            self.value(f"SELECT pg_terminate_backend({wire.pid})")
            wire.closed_by_server()

    def time_out(self, wire: Wire) -> None:
        """End what ``wire`` waits for, as its time limit does."""
        self.value(f"SELECT pg_cancel_backend({wire.pid})")

    def settled(self, wire: Wire) -> list[PGresult] | None:
        """What the statement that ``wire`` was sent came to; ``None``: it is blocked."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            results = wire.answer(LOOK)
            if results is not None:
                return results
            if self.blocked(wire):
                return None
        raise AssertionError("a statement neither ended nor waited for a lock")

"""Another thread ends the statement of a connection, or cuts it off; nothing happens to one that is closed."""

from __future__ import annotations

import socket
import threading
import time
from typing import Any

import psycopg
import pytest

from idem_runtime.drivers.interruption import cut_off, end_statement

Database = psycopg.Connection[Any]
SLEEPING = "SELECT 1 FROM pg_stat_activity WHERE pid = %s AND query LIKE '%%pg_sleep%%' AND state = 'active'"
THERE = "SELECT 1 FROM pg_stat_activity WHERE pid = %s"


def until(condition: Any) -> None:
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.005)


@pytest.mark.parametrize(
    ("interrupt", "raised"),
    [(end_statement, psycopg.errors.QueryCanceled), (cut_off, psycopg.OperationalError)],
)
def test_who_waits_for_a_statement_is_told_at_once(
    dsn: str, db: Database, interrupt: Any, raised: type[Exception]
) -> None:
    told: list[type[Exception]] = []
    real = psycopg.connect(dsn)
    pid = real.info.backend_pid

    def wait() -> None:
        with pytest.raises(raised):
            real.execute("SELECT pg_sleep(60)")
        told.append(raised)

    thread = threading.Thread(target=wait)
    thread.start()
    until(lambda: db.execute(SLEEPING, (pid,)).fetchall())
    interrupt(real)
    thread.join(30)
    db.execute("SELECT pg_terminate_backend(%s)", (pid,))
    real.close()
    assert told == [raised]


def test_what_is_cut_off_is_rolled_back_while_nobody_uses_it(dsn: str, db: Database) -> None:
    real = psycopg.connect(dsn)
    real.execute("INSERT INTO ledger (amount) VALUES (5)")
    pid = real.info.backend_pid
    cut_off(real)
    until(lambda: not db.execute(THERE, (pid,)).fetchall())
    with pytest.raises(psycopg.OperationalError):
        real.commit()
    assert db.execute("SELECT count(*) FROM ledger").fetchone() == (0,)


@pytest.mark.parametrize("interrupt", [end_statement, cut_off])
def test_nothing_happens_to_a_connection_that_is_closed(dsn: str, interrupt: Any) -> None:
    real = psycopg.connect(dsn)
    real.close()
    asking = interrupt(real)
    if asking is not None:
        asking.join(30)
        assert not asking.is_alive()
    assert real.closed


def test_a_connection_that_is_closed_meanwhile_gives_its_number_to_no_other() -> None:
    """Between asking for the number and having the socket by it, another connection may have got that number."""
    ours, theirs = socket.socketpair()

    class Closing:
        asked = 0

        @property
        def pgconn(self) -> Closing:
            return self

        @property
        def socket(self) -> int:
            self.asked += 1
            if self.asked > 1:
                raise psycopg.OperationalError("the connection is closed")
            return ours.fileno()

    cut_off(Closing())  # type: ignore[arg-type]
    ours.sendall(b"still there")
    assert theirs.recv(20) == b"still there"
    ours.close()
    theirs.close()

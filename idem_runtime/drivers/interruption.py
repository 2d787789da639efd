"""What a thread may do to a connection that another thread uses, whose time is over: end its statement, or cut it off.

Nothing here touches what the other thread may have in its hands: libpq's objects are no use to two threads at once.
"""

from __future__ import annotations

import os
import socket
import threading
from contextlib import suppress

import psycopg

from idem_runtime.drivers.deadlines import CANCEL_SECONDS, Deadline, Real, sent


def end_statement(real: Real) -> threading.Thread:
    """Ask the server to end the statement that ``real`` waits for: whoever waits gets its error (57014).

    The thread that asks ends when the server has taken the request, or after a while. Until then nobody else may get
    ``real``, because his statement might be ended, nor may it be closed, because the server would work on for nobody.
    Nothing is asked where libpq is older than 17, which could only block for it, and the whole process with it.
    """
    thread = threading.Thread(target=_ask, args=(real,), name="idem-cancel", daemon=True)
    thread.start()
    return thread


def _ask(real: Real) -> None:
    with suppress(psycopg.Error):
        sent(real.pgconn.cancel_conn(), Deadline(CANCEL_SECONDS))


def cut_off(real: Real) -> None:
    """Shut the socket of ``real`` down: the server rolls back what is not committed, whoever uses it here sees the end."""
    with suppress(psycopg.Error, OSError):
        number = real.pgconn.socket
        with socket.socket(fileno=os.dup(number)) as shared:
            if (
                real.pgconn.socket == number
            ):  # still open, so that the number was no other connection's meanwhile
                shared.shutdown(socket.SHUT_RDWR)

"""What a thread may do to a connection that another thread uses, whose time is over: end its statement, or cut it off.

Nothing here touches what the other thread may have in its hands: libpq's objects are no use to two threads at once.
"""

from __future__ import annotations

import os
import socket
from contextlib import suppress

import psycopg

from idem_runtime.drivers.deadlines import Deadline, Real, sent


def end_statement(real: Real, *, seconds: float) -> None:
    """Ask the server to end the statement that ``real`` waits for: whoever waits gets its error (57014).

    ``seconds``: how long the server has to take the request. Nothing where libpq is older than 17, which could only block
    for it, and the whole process with it.
    """
    with suppress(psycopg.Error):
        sent(real.pgconn.cancel_conn(), Deadline(seconds))


def cut_off(real: Real) -> None:
    """Shut the socket of ``real`` down: the server rolls back what is not committed, whoever uses it here sees the end."""
    with suppress(psycopg.Error, OSError):
        number = real.pgconn.socket
        with socket.socket(fileno=os.dup(number)) as shared:
            if (
                real.pgconn.socket == number
            ):  # still open, so that the number was no other connection's meanwhile
                shared.shutdown(socket.SHUT_RDWR)

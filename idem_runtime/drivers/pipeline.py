"""One round trip of libpq's pipeline mode: several statements of the extended protocol, then one ``Sync``.

The server runs them one after the other, each with a snapshot of its own, and skips everything behind one that fails, up
to the ``Sync``. So what is sent behind an INSERT that must not lose, a COMMIT above all, is never run where it lost: the
same as in one message of the simple protocol, but with parameters and with plans that the server keeps.
"""

from __future__ import annotations

from collections.abc import Callable

import psycopg
from psycopg.abc import PQGen
from psycopg.generators import fetch
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGconn, PGresult
from psycopg.waiting import Ready, Wait


def pipelined(pgconn: PGconn, send: Callable[[], None]) -> PQGen[list[PGresult]]:
    """What the server says to each statement that ``send`` sends, up to the first one that fails.

    :raises psycopg.OperationalError: the connection is lost, and the server did not say why.
    """
    pgconn.enter_pipeline_mode()
    send()
    pgconn.pipeline_sync()  # sends what libpq holds back, too
    answers: list[PGresult] = []
    try:
        yield from _answers(pgconn, answers)
    except psycopg.OperationalError:
        if not answers or answers[-1].status != ExecStatus.FATAL_ERROR:
            raise
    else:
        pgconn.exit_pipeline_mode()
    return answers


def _answers(pgconn: PGconn, answers: list[PGresult]) -> PQGen[None]:
    while pgconn.flush():
        if (yield Wait.RW) & Ready.R:
            pgconn.consume_input()
    while True:
        result = yield from fetch(pgconn)
        if result is None:  # once between the results of two statements
            continue
        status = result.status
        if status == ExecStatus.PIPELINE_SYNC:
            return
        if status != ExecStatus.PIPELINE_ABORTED:
            answers.append(result)

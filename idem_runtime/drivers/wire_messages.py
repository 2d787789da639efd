"""One message to the server and what it answers, as psycopg's lowest layer has it and as the protocol reads it."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import lru_cache
from typing import Any, cast

import psycopg
from psycopg.abc import PQGen
from psycopg.generators import execute
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGconn, PGresult

from idem_runtime.drivers.table import Table
from idem_runtime.model import Result, Results, StoreError


def failure(error: Exception, table: Table, *, closed: bool) -> Exception:
    """``error`` as the protocol sees it, or as it is where it is not the store's."""
    state = getattr(error, "sqlstate", None)
    if state is not None:
        relation = cast("psycopg.Error", error).diag.table_name
        return StoreError(state, ours=relation is not None and table.is_partition(relation), cause=error)
    if closed or isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
        return StoreError(None, cause=error)
    return error


def round_trip(pgconn: PGconn, text: bytes) -> PQGen[list[PGresult]]:
    """Several statements in one message of the simple protocol; a cursor per result would cost more than the trip saves."""
    pgconn.send_query(text)
    answers: list[PGresult] = yield from execute(pgconn)
    return answers


def results(real: psycopg.Connection[Any] | psycopg.AsyncConnection[Any], answers: list[PGresult]) -> Results:
    """``answers`` as the protocol reads it; the last one's failure is raised."""
    last = answers[-1]
    if last.status == ExecStatus.FATAL_ERROR:
        raise psycopg.errors.error_from_result(last, encoding=real.info.encoding)
    read: list[Result] = []
    encoding = ""
    for answer in answers:
        if answer.ntuples:
            encoding = encoding or real.info.encoding
            read.append(Result(_tag(answer.command_status), _row(answer, encoding)))
        else:
            read.append(_without_row(answer.command_status))
    return read


@lru_cache(maxsize=64)
def _tag(status: bytes | None) -> str:
    return (status or b"").decode()


@lru_cache(maxsize=64)
def _without_row(status: bytes | None) -> Result:
    """The same for all statements that only say this."""
    return Result(_tag(status))


def _row(result: PGresult, encoding: str) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for at in range(result.nfields):
        value: Any = result.get_value(0, at)
        if value is not None:
            read = READERS.get(result.ftype(at))
            value = value.decode(encoding) if read is None else read(value)
        row[_tag(result.fname(at))] = value
    return row


READERS: dict[int, Callable[[bytes], Any]] = {
    16: lambda raw: raw == b"t",  # boolean
    17: lambda raw: bytes.fromhex(raw[2:].decode()),  # bytea, in its hex form
    701: float,
    3802: lambda raw: json.loads(raw.decode("ascii")),  # jsonb; ours is, whatever the encoding
}
"""How the few types that our queries return are read, by type oid; all others are text."""

"""DBOS: a workflow with the transfer as its one transaction, under the key as the workflow's id; all on the same server.

The transfer and its checkpoint commit together; the workflow's status is written before and after it, in DBOS's own database.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from dbos import DBOS, SetWorkflowID, SQLAlchemyDatasource
from sqlalchemy import text

from benchmarks.runtime.bank import DEPOSIT, ENTER, RESPONSE, WITHDRAW
from benchmarks.runtime.worker import Way, repeated

STATEMENTS = [
    (text(statement.replace("%s", ":account")), {"account": account})
    for statement, account in ((WITHDRAW, 1), (DEPOSIT, 2), (ENTER, 2))
]


@contextmanager
def dbos(dsn: str) -> Generator[Mapping[str, Way]]:
    """The transfer protected by it."""
    system = urlsplit(dsn)._replace(path="/dbos_system").geturl()
    DBOS(
        config={
            "name": "bench",
            "system_database_url": system,
            "log_level": "ERROR",
            "db_engine_kwargs": {"connect_args": {"application_name": os.environ["PGAPPNAME"]}},
        }
    )
    source: Any = SQLAlchemyDatasource.create(database_url=dsn)

    @source.transaction(isolation_level="READ COMMITTED")  # type: ignore[untyped-decorator]
    def transfer() -> str:
        for statement, values in STATEMENTS:
            source.sql_session().execute(statement, values)
        return RESPONSE

    @DBOS.workflow()
    def protected() -> str:
        return str(transfer())

    def call(key: str) -> str:
        with SetWorkflowID(key):
            return protected()

    DBOS.launch()
    try:
        replayed = str(uuid4())
        call(replayed)
        yield {"first": repeated(lambda: call(str(uuid4()))), "replay": repeated(lambda: call(replayed))}
    finally:
        DBOS.destroy()

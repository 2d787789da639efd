"""DBOS: a workflow under the caller's key, its transfer a transaction on the bank's own database.

https://docs.dbos.dev/python/tutorials/idempotency-tutorial: "Idempotency keys are required to be globally unique", so the tenant is
part of it. The payout is a step. Each server is an executor of its own and takes up what it left when it starts again.
"""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Annotated, Any
from urllib.parse import urlsplit

from dbos import DBOS, SetWorkflowID, SQLAlchemyDatasource
from fastapi import FastAPI, Header
from sqlalchemy import text

from benchmarks.compare.peers import bank

Tenant = Annotated[str, Header(alias="authorization")]
Key = Annotated[str, Header(alias="idempotency-key")]
Body = dict[str, Any]

DBOS(
    config={
        "name": "bank",
        "system_database_url": urlsplit(bank.DSN)._replace(path="/dbos_system").geturl(),
        "log_level": "ERROR",
        "run_admin_server": False,
        "executor_id": os.environ["BANK_PORT"],
    }
)
source: Any = SQLAlchemyDatasource.create(database_url=bank.DSN)


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncGenerator[None]:
    DBOS.launch()
    yield
    DBOS.destroy()


app = FastAPI(lifespan=lifespan)


class Statements:
    """psycopg's ``execute`` with a session of SQLAlchemy's."""

    def execute(self, statement: str, values: tuple[Any, ...]) -> Any:
        names = [f":p{number}" for number in range(len(values))]
        named = statement % tuple(names)
        return source.sql_session().execute(
            text(named), {name[1:]: value for name, value in zip(names, values, strict=True)}
        )


@source.transaction(isolation_level="READ COMMITTED")
@bank.deployed
def move(tenant: str, body: Body) -> dict[str, Any]:
    return bank.transfer(Statements(), tenant, body)


@DBOS.step()
@bank.deployed
def ask_provider(body: Body) -> dict[str, Any]:
    return bank.payout(body)


@DBOS.workflow()
@bank.deployed
def transfer(tenant: str, body: Body) -> dict[str, Any]:
    return dict(move(tenant, body))


@DBOS.workflow()
@bank.deployed
def payout(body: Body) -> dict[str, Any]:
    return dict(ask_provider(body))


@app.post("/transfers")
def transfers(body: Body, tenant: Tenant, key: Key) -> Any:
    with SetWorkflowID(f"{tenant}:{key}"):
        return transfer(tenant, body)


@app.post("/payouts")
def payouts(body: Body, tenant: Tenant, key: Key) -> Any:
    with SetWorkflowID(f"{tenant}:{key}"):
        return payout(body)

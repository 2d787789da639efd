"""A Litestar service on its SQLAlchemy plugin, which commits by itself, joined: run in the environment that has the plugin.

``python alchemy_service.py DSN`` asks it a few times and prints status, body and whether it is a replay, a line each.
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import httpx
from advanced_alchemy.extensions.litestar import SQLAlchemyAsyncConfig, SQLAlchemyPlugin
from litestar import Litestar, post
from litestar.di import NamedDependency
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

from idem_runtime import Idempotency, money_moving

runs: list[int] = []


@post("/wallet/payments")
@money_moving
async def pay(db_session: NamedDependency[AsyncSession]) -> int:
    """Its second run fails after it has written."""
    runs.append(1)
    await db_session.execute(text("INSERT INTO ledger (amount) VALUES (5)"))
    if len(runs) == 2:
        raise RuntimeError
    return len(runs)


async def main(dsn: str) -> None:
    engine = create_async_engine(dsn.replace("postgresql://", "postgresql+psycopg://"))
    idem = Idempotency(principal=lambda request: request.headers["x-tenant"])
    idem.join(engine)
    plugin = SQLAlchemyPlugin(SQLAlchemyAsyncConfig(engine_instance=engine, before_send_handler="autocommit"))
    app = Litestar([pay], plugins=[plugin], logging_config=None)
    idem.install(app, require_marks=True)
    transport: Any = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with app.lifespan(), httpx.AsyncClient(transport=transport, base_url="http://bank") as client:
        for key in ("first", "first", "second", "second", "second"):
            headers = {"x-tenant": "alice", "idempotency-key": key}
            answer = await client.post("/wallet/payments", headers=headers)
            told = answer.text if answer.status_code == 201 else ""
            print(answer.status_code, told, "idempotent-replayed" in answer.headers)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))

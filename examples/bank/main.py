"""The application: ``uvicorn bank.main:app`` with the folder above this package on the path."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI
from psycopg_pool import ConnectionPool

from bank.customers.profiles import router as customers
from bank.db import SCHEMA
from bank.ewa.advances import router as ewa
from bank.lending.loans import desk
from bank.payroll.batches import api as payroll
from bank.reports.statements import router as reports
from bank.savings.goals import routes
from bank.wallet import cash
from bank.wallet.transfers import router as transfers


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Open the pool and make the tables, for as long as the application runs."""
    with ConnectionPool(os.environ["DATABASE_URL"], open=True) as pool:
        with pool.connection() as db:
            db.execute(SCHEMA.read_text(encoding="utf-8"))
        app.state.pool = pool
        yield


def create_app() -> FastAPI:
    """The service with all its routes."""
    app = FastAPI(title="bank", lifespan=lifespan)
    over_the_counter = APIRouter()
    cash.register(over_the_counter)
    for router in (transfers, over_the_counter, payroll, ewa, desk, routes(), customers, reports):
        app.include_router(router)
    return app


app = create_app()

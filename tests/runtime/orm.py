"""The ledger as SQLAlchemy maps it, and engines for the tests."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import psycopg
import sqlalchemy
from fastapi import FastAPI
from sqlalchemy.dialects.postgresql import psycopg as _  # noqa: F401 - so that a fork server has it
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column


class Base(DeclarativeBase):
    pass


class Entry(Base):
    __tablename__ = "ledger"
    id: Mapped[int] = mapped_column(primary_key=True)
    who: Mapped[str | None]
    amount: Mapped[int]


VIOLATIONS = (psycopg.errors.UniqueViolation, sqlalchemy.exc.IntegrityError)
INSERT = "INSERT INTO ledger (id, amount) VALUES (coalesce(%s, nextval('ledger_id_seq')), %s) RETURNING id"


def write(db: Any, amount: int, number: int | None = None) -> int:
    """One entry through whatever the handler was lent; its id."""
    if isinstance(db, Session):
        entry = Entry(id=number, amount=amount)
        db.add(entry)
        db.flush()
        return entry.id
    return int(db.execute(INSERT, (number, amount)).fetchone()[0])


async def write_async(db: Any, amount: int, number: int | None = None) -> int:
    """As :func:`write`."""
    if isinstance(db, AsyncSession):
        entry = Entry(id=number, amount=amount)
        db.add(entry)
        await db.flush()
        return entry.id
    return int((await (await db.execute(INSERT, (number, amount))).fetchone())[0])


def raw_commit(db: Any) -> Any:
    """The transaction ended in SQL; to be awaited where ``db`` is async."""
    return db.execute(sqlalchemy.text("COMMIT") if isinstance(db, Session | AsyncSession) else "COMMIT")


def dispose_with(app: FastAPI, engine: AsyncEngine) -> FastAPI:
    """``engine`` ends in the event loop that it was used in."""
    inner = app.router.lifespan_context

    @asynccontextmanager
    async def lifespan(app: Any) -> AsyncIterator[Any]:
        async with inner(app) as state:
            yield state
        await engine.dispose()

    app.router.lifespan_context = lifespan
    return app


def url(dsn: str) -> str:
    return dsn.replace("postgresql://", "postgresql+psycopg://")


@contextmanager
def engine(dsn: str, **options: Any) -> Iterator[sqlalchemy.Engine]:
    made = sqlalchemy.create_engine(url(dsn), **options)
    try:
        yield made
    finally:
        made.dispose()


def async_engine(dsn: str, *, driver: str = "psycopg", **options: Any) -> AsyncEngine:
    """To be disposed of in the event loop that it was used in."""
    made = sqlalchemy.make_url(dsn).set(drivername=f"postgresql+{driver}")
    if driver == "asyncpg":  # which has other names for libpq's parameters
        named = {"application_name": made.query.get("application_name", "")}
        options["connect_args"] = {"ssl": False, "server_settings": named, **options.get("connect_args", {})}
        made = made.set(query={})
    return create_async_engine(made, **options)

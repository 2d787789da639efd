"""The ledger as SQLAlchemy maps it, and engines for the tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy
from sqlalchemy import pool
from sqlalchemy.dialects.postgresql import psycopg as _  # noqa: F401 - so that a fork server has it
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Entry(Base):
    __tablename__ = "ledger"
    id: Mapped[int] = mapped_column(primary_key=True)
    who: Mapped[str | None]
    amount: Mapped[int]


def url(dsn: str) -> str:
    return dsn.replace("postgresql://", "postgresql+psycopg://")


@contextmanager
def engine(dsn: str, **options: Any) -> Iterator[sqlalchemy.Engine]:
    made = sqlalchemy.create_engine(url(dsn), **options)
    try:
        yield made
    finally:
        made.dispose()


def async_engine(dsn: str, **options: Any) -> AsyncEngine:
    """For banks that outlive an event loop: without a pool of its own nothing is left to dispose of."""
    return create_async_engine(url(dsn), poolclass=pool.NullPool, **options)

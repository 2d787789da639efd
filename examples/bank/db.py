"""Where handlers get their connection from."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from fastapi import Depends, Request
from psycopg import Connection

SCHEMA = Path(__file__).with_name("schema.sql")


def connection(request: Request) -> Iterator[Connection]:
    """A connection from the application's pool; the transaction ends with the request."""
    with request.app.state.pool.connection() as db:
        yield db


Db = Annotated[Connection, Depends(connection)]

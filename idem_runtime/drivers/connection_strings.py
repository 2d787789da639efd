"""The connection string behind what an application gave as ``pool=…``, for a connection that belongs to no pool."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from psycopg import pq
from psycopg.conninfo import make_conninfo


def connection_string(pool: Any) -> str | None:
    """Of a psycopg pool, or of a SQLAlchemy engine in its place; ``None``: it has none that can be read."""
    conninfo = getattr(pool, "conninfo", None)
    if isinstance(conninfo, str):
        return make_conninfo(conninfo, **_for_libpq(pool.kwargs or {}))
    core = getattr(pool, "core", None)
    if core is None:
        return None
    # other dialects call its parts by other names than libpq's
    url = core.url.set(drivername="postgresql+psycopg")
    _, parameters = url.get_dialect()().create_connect_args(url)
    return make_conninfo("", **_for_libpq(parameters))


def _for_libpq(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Those that libpq knows: pools and dialects have some of their own beside them."""
    known = {option.keyword.decode() for option in pq.Conninfo.get_defaults()}
    return {name: value for name, value in parameters.items() if name in known and value is not None}

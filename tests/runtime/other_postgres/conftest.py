"""Cut connections and a storm once more, on the system's Postgres. `make test-all` runs the rest there."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.runtime import postgres
from tests.runtime.conftest import prepared, shared_folder


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[postgres.Server]:
    """The other server of this run."""
    binaries = postgres.other()
    if binaries is None:
        pytest.skip("no second Postgres: apt-get install postgresql, version 14 or later")
    with postgres.shared(shared_folder(tmp_path_factory, worker_id), binaries) as running:
        yield running


@pytest.fixture(scope="session")
def dsn(server: postgres.Server, worker_id: str) -> str:
    """This worker's own database there."""
    return prepared(server, worker_id)

"""Environments that the tests of a worker share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.runtime.adapters.contract import CAP
from tests.runtime.adapters.powertools.environment import Environment, environments
from tests.runtime.postgres import free_port

BANKS = "tests.runtime.adapters.powertools.resolvers:handlers"


@pytest.fixture(scope="package")
def banks(dsn: str) -> Iterator[list[Environment]]:
    """Two environments of the contract's bank."""
    nowhere = f"postgresql://postgres@127.0.0.1:{free_port()}/x"
    with environments(2, BANKS, dsn, nowhere, str(CAP)) as running:
        yield running

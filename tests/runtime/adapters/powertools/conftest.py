"""Environments that the tests of a worker share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.runtime.adapters.powertools.environment import Environment, environments


@pytest.fixture(scope="package")
def banks(dsn: str) -> Iterator[list[Environment]]:
    """Three environments of the contract's bank."""
    with environments(3, "tests.runtime.adapters.powertools.resolvers:handlers", dsn) as running:
        yield running

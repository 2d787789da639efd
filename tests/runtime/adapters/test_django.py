"""Django keeps the contract, by WSGI and ASGI, with ``ATOMIC_REQUESTS`` and without."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.runtime.adapters import django_project
from tests.runtime.adapters.contract import Contract, StoreDownContract
from tests.runtime.adapters.serve import Client


@pytest.fixture(
    scope="module",
    params=[
        "wsgi",
        "asgi-atomic",
        *(pytest.param(name, marks=pytest.mark.exhaustive) for name in ("asgi", "wsgi-atomic")),
    ],
)
def bank(request: Any, dsn: str) -> Iterator[Client]:
    server, _, atomic = request.param.partition("-")
    with django_project.atomic_requests(dsn, bool(atomic)), django_project.served(server) as client:
        yield client


class TestDjango(Contract):
    pass


@pytest.fixture(scope="module", params=["wsgi", "asgi-atomic"])
def stranded(request: Any, dsn: str) -> Iterator[Client]:
    server, _, atomic = request.param.partition("-")
    with django_project.without_its_store(dsn, bool(atomic)), django_project.served(server) as client:
        yield client


class TestDjangoWithoutItsStore(StoreDownContract):
    pass

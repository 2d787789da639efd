"""Every kind of resolver keeps the contract, in processes that are given one event at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from aws_lambda_powertools.event_handler import HttpResolverLocal

from idem_runtime import Idempotency
from tests.runtime.adapters import serve
from tests.runtime.adapters.contract import CAP, Contract, StoreDownContract
from tests.runtime.adapters.powertools.bank import async_bank, principal
from tests.runtime.adapters.powertools.environment import Environment
from tests.runtime.adapters.powertools.gateway import gateway
from tests.runtime.adapters.serve import Client

WAYS = [
    # the resolver, and the format of its events
    ("rest", "rest"),
    pytest.param(("async", "rest"), marks=pytest.mark.exhaustive),
    *(
        pytest.param((kind, kind), marks=pytest.mark.exhaustive)
        for kind in ("http", "url", "alb multi", "lattice", "lattice v2")
    ),
]


@contextmanager
def local(dsn: str) -> Iterator[Client]:
    """``HttpResolverLocal`` on an ASGI server."""
    idem = Idempotency(dsn, principal=principal, cap=CAP, wait=1)
    with serve.asgi(async_bank(HttpResolverLocal(), idem, dsn)) as client:
        yield client
    idem.close()


class TestResolvers(Contract):
    @pytest.fixture(params=WAYS, ids=lambda way: way[0])
    def bank(self, request: pytest.FixtureRequest, banks: list[Environment]) -> Iterator[Client]:
        handler, kind = request.param
        with gateway(banks, handler, kind) as http:
            yield Client(http)


@pytest.mark.exhaustive
class TestLocal(Contract):
    @pytest.fixture(scope="class")
    @classmethod
    def bank(cls, dsn: str) -> Iterator[Client]:
        with local(dsn) as client:
            yield client


class TestWithoutItsStore(StoreDownContract):
    @pytest.fixture(params=["stranded", pytest.param("stranded async", marks=pytest.mark.exhaustive)])
    def stranded(self, request: pytest.FixtureRequest, banks: list[Environment]) -> Iterator[Client]:
        with gateway(banks, request.param, "rest") as http:
            yield Client(http)

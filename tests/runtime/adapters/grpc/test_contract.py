"""gRPC keeps the contract, on sync and on aio servers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import psycopg
import pytest

from idem_runtime import Idempotency
from tests.runtime.adapters.contract import CAP, Contract, StoreDownContract
from tests.runtime.adapters.grpc import grpc_bank, rpc_client
from tests.runtime.adapters.grpc.bank_service import pb2_grpc, tenant
from tests.runtime.adapters.serve import Client
from tests.runtime.postgres import free_port


@contextmanager
def served(kind: str, idem: Idempotency, dsn: str) -> Iterator[Client]:
    """The bank on a server of this kind."""
    make_bank = grpc_bank.aio_bank if kind == "aio" else grpc_bank.sync_bank
    add = partial(pb2_grpc.add_BankServicer_to_server, make_bank(idem, dsn))
    prepare = partial(idem.install, require_marks=("transfers",))
    if kind == "sync":
        server: Any = rpc_client.sync_server(add, prepare=prepare)
    else:
        server = rpc_client.aio_server(add, prepare=prepare, after=idem.aclose)
    with server as address, rpc_client.client(address) as client:
        yield client
    idem.close()


KINDS = ("sync", "aio", pytest.param("sync methods on aio", marks=pytest.mark.exhaustive))


@pytest.fixture(scope="module", params=KINDS)
def bank(request: pytest.FixtureRequest, dsn: str) -> Iterator[Client]:
    with served(request.param, Idempotency(dsn, principal=tenant, cap=CAP, wait=1), dsn) as client:
        yield client


class TestGrpc(Contract):
    """What has no meaning for an RPC: a stream (refused at start-up) and a redirect."""

    @pytest.mark.parametrize("path", ["/big"])
    def test_a_response_that_cannot_be_stored_undoes_the_effect(
        self, bank: Client, db: psycopg.Connection[Any], path: str
    ) -> None:
        super().test_a_response_that_cannot_be_stored_undoes_the_effect(bank, db, path)

    def test_an_empty_response_and_a_redirect_replay(self, bank: Client, db: psycopg.Connection[Any]) -> None:
        first, again = bank.post("/empty"), bank.post("/empty")
        assert (first.status_code, again.status_code, again.content) == (204, 204, first.content)


@pytest.fixture(scope="module", params=KINDS)
def stranded(request: pytest.FixtureRequest) -> Iterator[Client]:
    nowhere = f"postgresql://postgres@127.0.0.1:{free_port()}/x"
    with served(request.param, Idempotency(nowhere, principal=tenant, pool_timeout=0.2), nowhere) as client:
        yield client


class TestGrpcWithoutItsStore(StoreDownContract):
    pass

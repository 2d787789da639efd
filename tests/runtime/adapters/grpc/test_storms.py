"""Duplicates, cancellations, broken connections and killed servers: one row for each intent."""

from __future__ import annotations

import json
import random
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import grpc
import psycopg
import pytest

from idem_runtime import Idempotency
from tests.runtime.adapters.contract import ledger
from tests.runtime.adapters.grpc import rpc_client
from tests.runtime.adapters.grpc.asking import BOTH, Asked, Asking, pb2, pb2_grpc, serving, tenant
from tests.runtime.adapters.grpc.cutting import cutting
from tests.runtime.adapters.grpc.victim import bank, serve
from tests.runtime.fast_processes import processes

Database = psycopg.Connection[Any]
TRIES = 200
RETRY_POLICY = {
    "methodConfig": [
        {
            "name": [{}],
            "retryPolicy": {
                "maxAttempts": 5,
                "initialBackoff": "0.01s",
                "maxBackoff": "0.1s",
                "backoffMultiplier": 2,
                "retryableStatusCodes": ["UNAVAILABLE", "ABORTED"],
            },
        }
    ]
}


@pytest.mark.parametrize("kind", BOTH)
def test_many_duplicates_are_one_row_and_one_body(dsn: str, db: Database, kind: str) -> None:
    idem = Idempotency(dsn, principal=tenant, wait=20)
    servicer = bank(idem, dsn, aio=kind == "aio", deadly=False)
    with serving(idem, servicer, aio=kind == "aio", workers=4) as ask, ThreadPoolExecutor(24) as many:
        answers = list(many.map(lambda _: ask(), range(24)))
    assert {(answer.code, answer.raw) for answer in answers} == {("OK", answers[0].raw)}
    assert sum(answer.replayed for answer in answers) == 23
    assert ledger(db) == [5]


def cancelled_at_random(ask: Asking, key: str, chance: random.Random, method: str) -> Asked:
    """One intent: calls are given up after a random time, which grows, until one is answered."""
    for tries in range(TRIES):
        call = ask.later(method, key=key)
        try:
            call.result(chance.expovariate(150) * 1.1**tries)
        except grpc.FutureTimeoutError:
            call.cancel()
        except grpc.RpcError as error:
            assert error.code() in (grpc.StatusCode.ABORTED, grpc.StatusCode.CANCELLED), error
            assert rpc_client.problem_of(error) == ("in_progress", 1)
            time.sleep(0.01)
        else:
            break
    return ask(method, key=key)


@pytest.mark.parametrize("kind", BOTH)
@pytest.mark.parametrize("method", ["Transfers", "External"])
@pytest.mark.parametrize("intents", [30, pytest.param(150, marks=pytest.mark.exhaustive)])
def test_random_cancellations_and_retries_are_one_row_for_each_intent(
    dsn: str, db: Database, kind: str, method: str, intents: int
) -> None:
    idem, chance = Idempotency(dsn, principal=tenant, wait=20), random.Random(intents)
    servicer = bank(idem, dsn, aio=kind == "aio", deadly=False)
    with serving(idem, servicer, aio=kind == "aio") as ask, ThreadPoolExecutor(8) as many:
        one = partial(cancelled_at_random, ask, chance=chance, method=method)
        answers = list(many.map(one, map(str, range(intents))))
    assert {(answer.code, answer.replayed) for answer in answers} == {("OK", True)}
    assert len(ledger(db)) == intents


@pytest.mark.parametrize("kind", BOTH)
def test_grpc_s_own_retries_through_broken_connections_are_one_row_for_each_intent(
    dsn: str, db: Database, kind: str
) -> None:
    idem = Idempotency(dsn, principal=tenant)
    servicer = bank(idem, dsn, aio=kind == "aio", deadly=False)
    add = partial(pb2_grpc.add_BankServicer_to_server, servicer)
    server: Any = (
        rpc_client.aio_server(add, prepare=idem.install, after=idem.aclose)
        if kind == "aio"
        else rpc_client.sync_server(add, prepare=idem.install)
    )
    with server as address, cutting(address, chunks=24, seed=7) as proxy:
        for intent in range(30):
            assert intended(proxy.address, str(intent)).code == "OK"
        cuts = proxy.cuts
    idem.close()
    assert len(ledger(db)) == 30
    assert cuts > 10


def intended(address: str, key: str) -> Asked:
    options = {
        "grpc.enable_retries": 1,
        "grpc.service_config": json.dumps(RETRY_POLICY),
        "grpc.initial_reconnect_backoff_ms": 20,
        "grpc.min_reconnect_backoff_ms": 20,
        "grpc.max_reconnect_backoff_ms": 50,
    }
    asked = None
    for _ in range(TRIES):
        with rpc_client.channel(address, **options) as channel:
            for _ in range(3):
                asked = Asking(channel)(key=key, timeout=5)
                if asked.code == "OK":
                    return asked
                assert asked.code in ("UNAVAILABLE", "ABORTED"), asked
    assert asked is not None
    return asked


def test_grpc_s_own_retries_wait_as_long_as_they_are_told(dsn: str, db: Database) -> None:
    """And do not come again where that is no use: they read the pushback, not RetryInfo."""
    seen: list[float] = []

    def principal(context: Any) -> str:
        seen.append(time.monotonic())
        return tenant(context)

    nowhere = Idempotency("postgresql://postgres@127.0.0.1:1/x", principal=principal, pool_timeout=0.05)
    servicer = bank(nowhere, dsn, aio=False, deadly=False)
    config = json.loads(json.dumps(RETRY_POLICY))
    config["methodConfig"][0]["retryPolicy"]["maxAttempts"] = 2
    config["methodConfig"][0]["retryPolicy"]["retryableStatusCodes"].append("INVALID_ARGUMENT")
    options = {"grpc.enable_retries": 1, "grpc.service_config": json.dumps(config)}
    with serving(nowhere, servicer, aio=False, **options) as ask:
        assert ask().problem == "store_unavailable"
        assert len(seen) == 2
        assert seen[1] - seen[0] >= 0.9
        assert ask(key=None).problem == "key_missing"
    assert len(seen) == 3


# Killed servers


def killed(dsn: str, aio: bool, method: str, memo: str) -> Asked:
    """What a client hears of a server that dies."""
    ours, theirs = processes().Pipe(duplex=False)
    process = processes().Process(target=serve, args=(dsn, aio, theirs), daemon=True)
    process.start()
    try:
        assert ours.poll(60)
        with rpc_client.channel(f"127.0.0.1:{ours.recv()}") as channel:
            asked = Asking(channel)(method, pb2.Ask(amount=5, memo=memo))
        process.join(20)
        assert process.exitcode == -9
    finally:
        process.kill()
    return asked


@pytest.mark.parametrize("kind", ["aio", pytest.param("sync", marks=pytest.mark.exhaustive)])
@pytest.mark.parametrize(
    ("method", "memo", "code", "problem", "replayed"),
    [
        ("Transfers", "inside", "OK", None, False),
        ("Transfers", "committed", "OK", None, True),
        ("External", "inside", "ABORTED", "outcome_unknown", False),
    ],
)
def test_a_server_that_is_killed_leaves_one_effect(
    dsn: str, db: Database, kind: str, method: str, memo: str, code: str, problem: str | None, replayed: bool
) -> None:
    aio = kind == "aio"
    assert killed(dsn, aio, method, memo).code == "UNAVAILABLE"
    idem = Idempotency(dsn, principal=tenant)
    message = pb2.Ask(amount=5, memo=memo)
    with serving(idem, bank(idem, dsn, aio=aio, deadly=False), aio=aio) as ask:
        again = ask(method, message)
        while again.problem == "in_progress":  # until its lease has passed
            time.sleep(0.05)
            again = ask(method, message)
    assert (again.code, again.problem, again.replayed, ledger(db)) == (code, problem, replayed, [5])

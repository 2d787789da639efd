"""aiohttp, Litestar, Quart and Sanic: faults at every round trip, and storms, on each one's own server."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest

from idem_runtime import Idempotency
from tests.runtime.adapters import aiohttp_bank, litestar_bank, quart_bank, sanic_bank, serve
from tests.runtime.adapters.contract import Database, ledger, records
from tests.runtime.adapters.serve import Client
from tests.runtime.postgres import Server
from tests.runtime.proxy import Side, proxy
from tests.runtime.test_faults import at, cut, terminate

BANKS: dict[str, tuple[Any, Any]] = {
    "aiohttp": (serve.aiohttp, aiohttp_bank.bank),
    "litestar": (serve.asgi, litestar_bank.async_bank),
    "quart": (serve.asgi, quart_bank.async_bank),
    "sanic": (serve.sanic, sanic_bank.bank),
}
TRIPS = ["begin, claim", "insert", "seal, commit"]
FAULTS = [
    (point, side, fault)
    for point in range(1, len(TRIPS) + 1)
    for side in ("before", "after")
    for fault in ("cut", "terminate")
]
WORST = (len(TRIPS), "after", "cut")
"""The commit has happened, and nobody was told."""


@contextmanager
def bank(name: str, dsn: str, through: str | None = None, **options: Any) -> Iterator[Client]:
    serving, made = BANKS[name]
    idem = Idempotency(through or dsn, principal=lambda request: request.headers["x-tenant"], **options)
    with serving(made(idem, dsn)) as client:
        yield client


@pytest.mark.parametrize(
    ("point", "side", "fault"),
    [
        pytest.param(
            *case,
            id=f"{case[2]} {case[1]} {TRIPS[case[0] - 1]}",
            marks=() if case == WORST else pytest.mark.exhaustive,
        )
        for case in FAULTS
    ],
)
@pytest.mark.parametrize("name", BANKS)
def test_a_fault_at_any_trip_pays_once_and_tells_the_truth(
    server: Server, dsn: str, db: Database, name: str, point: int, side: Side, fault: str
) -> None:
    with proxy(server.port) as between:
        named = f"{between.dsn(dsn)}&application_name=victim"
        with bank(name, dsn, named, pool_size=1) as client:
            assert client.post("/transfers", "before").status_code == 201
            between.hook = at(point, side, cut if fault == "cut" else terminate(db))
            first, again = client.post("/transfers"), client.post("/transfers")
    assert first.status_code in (201, 503), first.text
    assert again.status_code == 201
    if first.status_code == 201:
        assert (first.content, again.headers["idempotent-replayed"]) == (again.content, "true")
    if (point, side, fault) == WORST:
        assert first.status_code == 201, "the commit had happened: even the first caller gets the answer"
    assert (ledger(db), records(db)) == ([5, 5], 2)


@pytest.mark.parametrize(
    "name",
    [name if name == "aiohttp" else pytest.param(name, marks=pytest.mark.exhaustive) for name in BANKS],
)
def test_a_storm_has_one_effect_for_each_key_and_starves_nobody(dsn: str, db: Database, name: str) -> None:
    keys = [*["same"] * 24, *map(str, range(12))]
    with bank(name, dsn, pool_size=3, wait=20) as client, ThreadPoolExecutor(len(keys)) as callers:
        answers = list(callers.map(lambda key: client.post("/transfers", key), keys))
    assert {answer.status_code for answer in answers} == {201}
    groups = itertools.groupby(
        sorted(zip(keys, answers, strict=True), key=lambda pair: pair[0]), lambda pair: pair[0]
    )
    for key, same in groups:
        bodies = [json.loads(answer.content)["id"] for _, answer in same]
        assert len(set(bodies)) == 1, key
    assert (len(ledger(db)), records(db)) == (13, 13)

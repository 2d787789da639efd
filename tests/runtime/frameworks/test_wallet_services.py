"""The services in ``examples/wallet_services``, each started as its file says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from tests.runtime import postgres
from tests.runtime.conftest import prepared
from tests.runtime.example_programs import EXAMPLES, Programs, answers, linted

pytestmark = pytest.mark.processes_not_measured  # an example, not the packages

SERVICES = EXAMPLES / "wallet_services"
NAMES = [path.stem for path in sorted(SERVICES.glob("*_wallet.py"))]


@pytest.fixture(scope="module")
def store(server: postgres.Server, worker_id: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(prepared(server, f"{worker_id}_wallets"), autocommit=True) as connection:
        connection.execute((SERVICES / "schema.sql").read_text())  # type: ignore[call-overload]
        yield connection


@pytest.fixture(params=NAMES)
def wallet(
    request: pytest.FixtureRequest, store: psycopg.Connection[Any], tmp_path: Path
) -> Iterator[httpx.Client]:
    store.execute("TRUNCATE entries, idempotency_records")
    programs = Programs({"DATABASE_URL": store.info.dsn}, tmp_path / "log")
    url = f"http://127.0.0.1:{(port := postgres.free_port())}"
    try:
        programs.start(f"wallet_services.{request.param}", str(port))
        programs.until(lambda: answers(url))
        with httpx.Client(base_url=url, headers={"authorization": "Bearer alice's"}, timeout=30) as client:
            yield client
    finally:
        programs.end()


def test_a_wallet_pays_once_for_a_key(wallet: httpx.Client, store: psycopg.Connection[Any]) -> None:
    def enter(amount: int, key: str | None, **headers: str) -> tuple[int, Any]:
        keyed = headers if key is None else {**headers, "idempotency-key": key}
        answer = wallet.post("/wallet/main/entries", json={"amount": amount}, headers=keyed)
        return answer.status_code, answer.json() if "json" in answer.headers["content-type"] else None

    assert enter(7, None)[1]["code"] == "key_missing"
    assert enter(7, "k", authorization="Bearer nobody's")[0] == 401
    assert [enter(7, "k") for _ in range(2)] == [(201, {"balance": 7})] * 2
    assert enter(8, "k")[1]["code"] == "key_reused"
    assert [enter(-9, "broke") for _ in range(2)] == [(402, {"error": "insufficient"})] * 2
    assert enter(5, "k", authorization="Bearer bob's") == (201, {"balance": 5})
    assert wallet.get("/wallet/main/entries").json() == {"balance": 7}
    assert wallet.post("/wallet/quotes", json={}).json() == {"fee": 1}
    assert sorted(store.execute("SELECT tenant, amount FROM entries")) == [("alice", 7), ("bob", 5)]


def test_the_services_are_clean(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    inventory = linted(SERVICES, tmp_path, capsys)
    for name in NAMES:
        assert inventory.count(f"{name}.py") >= 2

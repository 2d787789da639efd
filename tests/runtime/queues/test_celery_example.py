"""The worker and the producer in ``examples/celery_worker``: in this process, and started as their pages say."""

from __future__ import annotations

import importlib
import json
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from celery.contrib.testing.worker import start_worker

from tests.runtime import postgres
from tests.runtime.adapters import serve
from tests.runtime.conftest import prepared
from tests.runtime.example_programs import EXAMPLES, PATIENCE, Programs, answers, linted
from tests.runtime.queues.late_messages import are_late, restore
from tests.runtime.queues.redis_server import RedisServer, needed

pytestmark = [needed, pytest.mark.processes_not_measured]  # an example, not the packages
PAYROLL = EXAMPLES / "celery_worker"
NOBODYS = ("k2", None, "DE02", 500)
"""A payout without a tenant."""
WORKER = ["celery", "-A", "celery_worker.payroll.tasks", "worker", "-c", "1", "--without-gossip", "--without-mingle"]  # fmt: skip


@pytest.fixture
def payroll(server: postgres.Server, worker_id: str) -> Iterator[psycopg.Connection[Any]]:
    """The example's own database."""
    name = f"{worker_id}_payroll_{uuid.uuid4().hex[:6]}"
    with psycopg.connect(prepared(server, name), autocommit=True) as connection:
        connection.execute((PAYROLL / "schema.sql").read_text())  # type: ignore[call-overload]
        yield connection


@pytest.fixture
def programs(
    payroll: psycopg.Connection[Any], redis_broker: RedisServer, tmp_path: Path
) -> Iterator[Programs]:
    environment = {
        "DATABASE_URL": payroll.info.dsn,
        "BROKER_URL": redis_broker.url(5),
        "VISIBILITY_TIMEOUT": "1",
    }
    made = Programs(environment, tmp_path / "log")
    yield made
    made.end()


@pytest.fixture
def documented(
    payroll: psycopg.Connection[Any], redis_broker: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Any]:
    """The modules of the example, with the environment that their pages ask for."""
    monkeypatch.setenv("DATABASE_URL", payroll.info.dsn)
    monkeypatch.setenv("BROKER_URL", redis_broker.url(6))
    monkeypatch.syspath_prepend(str(EXAMPLES))
    api = importlib.import_module("celery_worker.payroll.api")
    tasks = sys.modules["celery_worker.payroll.tasks"]
    yield api, tasks
    tasks.idem.close()
    for name in [name for name in sys.modules if name.startswith("celery_worker")]:
        del sys.modules[name]


@pytest.mark.usefixtures("unchanged_logging")
def test_a_payout_that_is_asked_for_twice_is_paid_once(
    documented: Any, payroll: psycopg.Connection[Any], redis_broker: RedisServer
) -> None:
    api, tasks = documented
    with serve.asgi(api.app) as client, redis_broker.client(6) as broker:
        asked = [ask(str(client.http.base_url), "k1", 500) for _ in range(2)]
        tasks.pay_out.delay(*NOBODYS)
        with start_worker(tasks.app, perform_ping_check=False, pool="solo", loglevel="CRITICAL"):
            end = time.monotonic() + PATIENCE
            while not (paid(payroll) and broker.llen("payroll.dead")) and time.monotonic() < end:
                time.sleep(0.02)
        (dead,) = [json.loads(message) for message in broker.lrange("payroll.dead", 0, -1)]
    assert [answer.status_code for answer in asked] == [202] * 2
    assert (paid(payroll), dead["headers"]["idem_code"]) == (1, "principal_missing")


@pytest.mark.exhaustive
def test_a_payout_that_is_asked_for_twice_and_whose_worker_is_killed_is_paid_once(
    programs: Programs, payroll: psycopg.Connection[Any], redis_broker: RedisServer
) -> None:
    port, broker = postgres.free_port(), redis_broker.client(5)
    url = f"http://127.0.0.1:{port}"
    programs.start("uvicorn", "celery_worker.payroll.api:app", "--port", str(port))
    worker = programs.start(*WORKER)
    programs.until(lambda: answers(url))
    with payroll.transaction():
        payroll.execute("LOCK TABLE payouts")  # so that the worker waits in its handler
        asked = [ask(url, "k1", 500), ask(url, "k1", 500)]
        programs.until(lambda: broker.hlen("unacked"))
        programs.kill(worker)
    programs.until(lambda: are_late(broker))
    restore(redis_broker.url(5))
    programs.start(*WORKER)
    asked.append(ask(url, "k2", 700))
    programs.until(lambda: not broker.llen("celery") and not broker.hlen("unacked") and paid(payroll) == 2)
    assert [answer.status_code for answer in asked] == [202] * 3
    amounts = payroll.execute("SELECT tenant, amount FROM payouts ORDER BY amount").fetchall()
    assert amounts == [("acme", 500), ("acme", 700)]
    assert broker.llen("payroll.dead") == 0


def ask(url: str, key: str, amount: int) -> httpx.Response:
    headers = {"idempotency-key": key, "x-tenant": "acme"}
    body = {"account": "DE02", "amount": amount}
    return httpx.post(f"{url}/payroll/payouts", json=body, headers=headers, timeout=30)


def paid(payroll: psycopg.Connection[Any]) -> int:
    return len(payroll.execute("SELECT id FROM payouts").fetchall())


def test_the_linter_finds_its_handler_and_nothing_wrong(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = linted(PAYROLL, tmp_path, capsys)
    assert "No findings" in said
    assert "1 handler, 1 marked, 0 undecided" in said

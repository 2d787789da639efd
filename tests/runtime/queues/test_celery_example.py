"""The worker and the producer in ``examples/celery_worker``, started as their pages say."""

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
from tests.runtime.queues.late_messages import are_late, restore
from tests.runtime.queues.redis_server import RedisServer, needed

pytestmark = needed
PAYROLL = EXAMPLES / "celery_worker"
WORKER = ["celery", "-A", "celery_worker.payroll.tasks", "worker", "-c", "1", "--without-gossip", "--without-mingle"]  # fmt: skip


@pytest.fixture
def payroll(server: postgres.Server, worker_id: str) -> Iterator[psycopg.Connection[Any]]:
    """The example's own database."""
    with psycopg.connect(prepared(server, f"{worker_id}_payroll"), autocommit=True) as connection:
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

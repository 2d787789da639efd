"""The wallet in ``examples/agent_wallet``, started as its file says, and an agent that loses answers."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from tests.runtime import postgres
from tests.runtime.conftest import prepared
from tests.runtime.example_programs import EXAMPLES, Programs, answers, linted
from tests.runtime.mcp_tools.test_tools import fastmcp

pytestmark = pytest.mark.processes_not_measured  # an example, not the packages

WALLET = EXAMPLES / "agent_wallet"


@pytest.fixture(scope="module")
def store(server: postgres.Server, worker_id: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(prepared(server, f"{worker_id}_agents"), autocommit=True) as connection:
        connection.execute((WALLET / "schema.sql").read_text())  # type: ignore[call-overload]
        yield connection


@pytest.fixture(scope="module")
def programs(store: psycopg.Connection[Any], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Programs]:
    programs = Programs({"DATABASE_URL": store.info.dsn}, tmp_path_factory.mktemp("agents") / "log")
    yield programs
    programs.end()


@pytest.fixture(scope="module")
def url(programs: Programs) -> str:
    base = f"http://127.0.0.1:{(port := postgres.free_port())}"
    programs.start("agent_wallet.wallet_server", str(port))
    programs.until(lambda: answers(base))
    return f"{base}/mcp"


@pytest.fixture
def paid(store: psycopg.Connection[Any]) -> Callable[[], list[Any]]:
    store.execute("TRUNCATE entries, idempotency_records RESTART IDENTITY")
    return lambda: store.execute("SELECT tenant, payee, amount FROM entries ORDER BY id").fetchall()


def as_agent(url: str, who: str, ask: Callable[[Any], Awaitable[Any]]) -> Any:
    async def main() -> Any:
        async with fastmcp.Client(url, auth=who) as client:
            return await ask(client)

    return asyncio.run(asyncio.wait_for(main(), 30))


RENT = {"payee": "rent", "amount": 700}


def test_an_agent_that_retries_pays_once(url: str, paid: Any) -> None:
    async def ask(client: Any) -> list[Any]:
        keyed = {"meta": {"idempotencyKey": "rent-may"}}
        answers = [await client.call_tool("pay", RENT, **keyed) for _ in range(2)]
        answers.append(await client.call_tool("pay", {**RENT, "idempotency_key": "rent-may"}))
        return [answer.structured_content for answer in answers]

    assert as_agent(url, "alice's", ask) == [{"number": 1, **RENT}] * 3
    assert as_agent(url, "bob's", ask) == [{"number": 2, **RENT}] * 3
    assert paid() == [("alice", "rent", 700), ("bob", "rent", 700)]


def test_a_refusal_is_told_to_the_agent(url: str, paid: Any) -> None:
    async def ask(client: Any) -> list[str]:
        calls = [
            (RENT, {}),
            ({**RENT, "amount": 5_000}, {"idempotencyKey": "k"}),
            (RENT, {"idempotencyKey": "k"}),
        ]
        answers = [
            await client.call_tool("pay", sent, meta=meta, raise_on_error=False) for sent, meta in calls
        ]
        return [answer.content[0].text for answer in answers]

    missing, over, done = as_agent(url, "alice's", ask)
    assert '"code": "key_missing"' in missing
    assert (over, '"amount":700' in done) == ("over the limit", True)
    assert paid() == [("alice", "rent", 700)]


def test_the_agent_program_pays(url: str, paid: Any, programs: Programs) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "agent_wallet.agent", url],
        env=programs.environment,
        capture_output=True,
        text=True,
        timeout=180,
    )
    assert "amount=700" in ran.stdout, ran.stderr
    assert paid() == [("alice", "rent", 700)]


def test_nobody_reaches_the_tools_without_a_token(url: str) -> None:
    assert httpx.post(url, json={}).status_code == 401


def test_the_wallet_is_clean(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "pay" in linted(WALLET, tmp_path, capsys)

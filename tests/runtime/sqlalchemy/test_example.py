"""``examples/fastapi_sqlmodel``: started as its page says, and what it took to adopt the marks."""

from __future__ import annotations

import re
import shutil
import subprocess
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from tests.runtime import postgres
from tests.runtime.example_programs import EXAMPLES, Programs, answers, linted
from tests.runtime.orm import url
from tests.runtime.postgres import free_port

pytestmark = pytest.mark.processes_not_measured  # an example, not the packages

SERVICE = EXAMPLES / "fastapi_sqlmodel"
DIFF = (SERVICE / "adopting.diff").read_text(encoding="utf-8")
PAGE = (EXAMPLES.parent / "docs" / "sqlalchemy.md").read_text(encoding="utf-8")
ALICE = {"authorization": "Bearer a"}


@pytest.fixture
def database(server: postgres.Server, worker_id: str) -> Iterator[str]:
    name = f"{worker_id}_sqlmodel_{uuid.uuid4().hex[:6]}"
    with psycopg.connect(server.dsn(), autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE "{name}"'.encode())
    yield server.dsn(name)


@pytest.fixture
def programs(database: str, tmp_path: Path) -> Iterator[Programs]:
    made = Programs({"DATABASE_URL": url(database)}, tmp_path / "log")
    yield made
    made.end()


def done(programs: Programs, *command: str) -> None:
    assert programs.start(*command).wait(60) == 0, programs.log.read_text()


@pytest.mark.slow
def test_the_service_is_migrated_and_started_as_its_page_says_and_pays_once(
    programs: Programs, database: str
) -> None:
    config = str(SERVICE / "alembic.ini")
    done(programs, "alembic", "-c", config, "upgrade", "head")
    done(programs, "idem_runtime", "migrate", "--dsn", database)
    done(programs, "alembic", "-c", config, "check")
    with psycopg.connect(database, autocommit=True) as db:
        db.execute("INSERT INTO users (token, balance, requests) VALUES ('a', 100, 0), ('b', 0, 0)")
        port = free_port()
        programs.start("uvicorn", "fastapi_sqlmodel.main:app", "--port", str(port))
        bank = f"http://127.0.0.1:{port}"
        programs.until(lambda: answers(bank))

        def transfer(key: str, amount: int = 30, **headers: str) -> httpx.Response:
            return httpx.post(
                f"{bank}/wallet/transfers",
                json={"to": 2, "amount": amount},
                headers={**ALICE, "idempotency-key": key, **headers},
                timeout=20,
            )

        with ThreadPoolExecutor(8) as many:
            storm = list(many.map(lambda _: transfer("k"), range(8)))
        assert {answer.status_code for answer in storm} == {201}
        assert {answer.content for answer in storm} == {storm[0].content}
        refused = [transfer("poor", 1000) for _ in range(2)]
        assert [answer.status_code for answer in refused] == [402, 402]
        assert refused[1].headers["idempotent-replayed"] == "true"
        assert transfer("k", authorization="Bearer nobody").status_code == 401
        assert httpx.get(f"{bank}/wallet/balance", headers=ALICE).json() == {"balance": 70}
        assert db.execute("SELECT sender, amount FROM transfers").fetchall() == [(1, 30)]
        assert db.execute("SELECT count(*) FROM idempotency_records").fetchone() == (2,)
        assert db.execute("SELECT balance FROM users ORDER BY id").fetchall() == [(70,), (30,)]


def test_the_page_shows_the_whole_difference_and_it_is_short() -> None:
    changed = re.findall(r"^[+-](?![+-]{2} )", DIFF, re.MULTILINE)
    assert 0 < len(changed) < 25
    assert f"```diff\n{DIFF}```" in PAGE


def test_without_the_difference_the_service_knows_nothing_of_us(tmp_path: Path) -> None:
    copy = shutil.copytree(SERVICE, tmp_path / SERVICE.name, ignore=shutil.ignore_patterns("__pycache__"))
    undo = ["git", "apply", "-R", "-p0", str(SERVICE / "adopting.diff")]
    subprocess.run(undo, cwd=tmp_path, check=True, capture_output=True)
    sources: list[Any] = [path.read_text(encoding="utf-8") for path in copy.rglob("*.py")]
    assert not any("idem" in source or "money" in source for source in sources)


def test_the_linter_finds_nothing_and_both_handlers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = linted(SERVICE, tmp_path, capsys)
    assert "/wallet/transfers" in told
    assert "/wallet/quotes" in told

"""The project in ``examples/django_bank``: its commands, its own tests, and its server of several processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from tests.runtime import postgres
from tests.runtime.example_programs import EXAMPLES, Programs, answers, linted

pytestmark = pytest.mark.processes_not_measured  # an example, not the packages

PROJECT = EXAMPLES / "django_bank"


@pytest.fixture(scope="module")
def database(server: postgres.Server, worker_id: str) -> str:
    """A database of the project's own, empty."""
    name = f"{worker_id}_django_bank"
    with psycopg.connect(server.dsn(), autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE "{name}"')  # type: ignore[call-overload]
    return server.dsn(name)


def environment(database: str) -> dict[str, str]:
    path = f"{PROJECT}:{EXAMPLES.parent}"
    return {"DATABASE_URL": database, "DJANGO_SETTINGS_MODULE": "config.settings", "PYTHONPATH": path}


@pytest.fixture(scope="module")
def run(database: str) -> Any:
    """Runs a program of the project; what it said."""

    def run(*command: str) -> str:
        done = subprocess.run(
            [sys.executable, *command],
            check=False,
            cwd=PROJECT,
            env={**os.environ, **environment(database)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    run("manage.py", "migrate", "-v", "0")
    return run


COMMANDS = """
import django
from django.core.management import call_command
django.setup()
call_command("check", fail_level="WARNING")
call_command("makemigrations", check_changes=True, dry_run=True)
call_command("idem_purge")
"""


@pytest.mark.slow
def test_its_commands_find_nothing_wrong(run: Any) -> None:
    assert "0 records removed" in run("-c", COMMANDS)


def test_the_linter_finds_nothing_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = linted(PROJECT, tmp_path, capsys)
    assert "/wallet/transfers" in told


@pytest.mark.exhaustive
def test_its_own_tests_pass(run: Any) -> None:
    assert "Ran 3 tests" in run("manage.py", "test", "-v", "0")


@pytest.mark.exhaustive
def test_its_own_tests_pass_under_pytest_without_migrations(run: Any) -> None:
    options = ("-c", os.devnull, "--rootdir", ".", "-p", "django", "-p", "no:cacheprovider", "-W", "error")
    assert "3 passed" in run("-m", "pytest", *options, "--nomigrations", "wallet/tests.py")


@pytest.mark.slow
@pytest.mark.parametrize(
    "program",
    [
        ("gunicorn", "config.wsgi", "--workers", "2", "--threads", "8", "--bind"),
        pytest.param(
            ("gunicorn", "config.asgi", "-k", "uvicorn_worker.UvicornWorker", "--workers", "2", "--bind"),
            marks=pytest.mark.exhaustive,
        ),
    ],
    ids=["wsgi", "asgi"],
)
def test_a_storm_over_processes_pays_once(
    run: Any, database: str, tmp_path: Path, program: tuple[str, ...]
) -> None:
    programs = Programs({}, tmp_path / "log")
    programs.environment.update(environment(database) | {"IDEM_WAIT": "20"})
    address = f"127.0.0.1:{postgres.free_port()}"
    with psycopg.connect(database, autocommit=True) as db:
        db.execute("TRUNCATE wallet_account, wallet_entry, idempotency_records RESTART IDENTITY")
        db.execute("INSERT INTO wallet_account (name, balance) VALUES ('alice', 100), ('bob', 0)")
        try:
            programs.start(*program, address)
            programs.until(lambda: answers(f"http://{address}"))
            replies = list(storm(f"http://{address}"))
        finally:
            programs.end()
        balances = db.execute("SELECT balance FROM wallet_account ORDER BY name").fetchall()
    assert {(reply.status_code, reply.content) for reply in replies} == {(201, replies[0].content)}
    assert sum("idempotent-replayed" in reply.headers for reply in replies) == len(replies) - 1
    assert balances == [(60,), (40,)]


@pytest.mark.exhaustive
def test_workers_that_are_killed_lose_and_double_nothing(run: Any, database: str, tmp_path: Path) -> None:
    """Whoever gets no answer tries again with the same key, until there is one."""
    programs = Programs({}, tmp_path / "log")
    programs.environment.update(environment(database) | {"IDEM_WAIT": "20"})
    address = f"127.0.0.1:{postgres.free_port()}"
    headers = {"X-Tenant": "alice"}
    with psycopg.connect(database, autocommit=True) as db:
        db.execute("TRUNCATE wallet_account, wallet_entry, idempotency_records RESTART IDENTITY")
        db.execute("INSERT INTO wallet_account (name, balance) VALUES ('alice', 60), ('bob', 0)")

        def paid(number: int) -> int:
            asked = {"from": "alice", "to": "bob", "amount": 1}
            for _ in range(200):
                try:
                    reply = client.post(
                        "/wallet/transfers", json=asked, headers={"Idempotency-Key": f"k-{number}"}
                    )
                except httpx.TransportError:
                    time.sleep(0.05)
                    continue
                if reply.status_code in (201, 402):
                    return reply.status_code
                time.sleep(0.05)
            raise AssertionError(programs.log.read_text()[-3000:])

        client = httpx.Client(base_url=f"http://{address}", headers=headers, timeout=30, trust_env=False)
        try:
            server = programs.start("gunicorn", "config.wsgi", "--workers", "3", "--bind", address)
            programs.until(lambda: answers(f"http://{address}"))
            with client, ThreadPoolExecutor(8) as many:
                told = [many.submit(paid, number) for number in range(60)]
                for _ in range(3):
                    entries = done(db)
                    programs.until(lambda seen=entries: done(db) > seen)  # type: ignore[misc]
                    os.kill(workers(server.pid)[0], signal.SIGKILL)
                statuses = {each.result() for each in told}
        finally:
            programs.end()
        balances = db.execute("SELECT balance FROM wallet_account ORDER BY name").fetchall()
        entries = done(db)
    assert (statuses, balances, entries) == ({201}, [(0,), (60,)], 120)


def done(db: Any) -> int:
    row = db.execute("SELECT count(*) FROM wallet_entry").fetchone()
    assert row is not None
    return int(row[0])


def workers(master: int) -> list[int]:
    """The processes that gunicorn has started."""
    children = Path(f"/proc/{master}/task/{master}/children").read_text()
    return [int(number) for number in children.split()]


def storm(url: str) -> Iterator[httpx.Response]:
    headers = {"Idempotency-Key": "k", "X-Tenant": "alice"}
    asked = {"from": "alice", "to": "bob", "amount": 40}
    client = httpx.Client(base_url=url, headers=headers, timeout=30, trust_env=False)
    with client, ThreadPoolExecutor(24) as many:
        yield from many.map(lambda _: client.post("/wallet/transfers", json=asked), range(24))

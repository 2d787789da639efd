"""A process that is killed wherever it is, and started again with the same store, has one effect for each name."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from idem_runtime.client import PostgresIntents
from tests.runtime.calls import Database
from tests.runtime.client.callers import CALLERS
from tests.runtime.client.grpc_bank import grpc_bank
from tests.runtime.client.restarts import INVOICES
from tests.runtime.client.test_faults import effects


@pytest.fixture(params=["file", "postgres"])
def where(request: pytest.FixtureRequest, tmp_path: Path, db: Database, dsn: str) -> str:
    """A store, as its program is told of it."""
    if request.param == "file":
        return str(tmp_path / "intents")
    db.execute(PostgresIntents(db).creation())  # type: ignore[call-overload]
    db.execute("TRUNCATE idempotency_intents")
    return dsn


def killed(where: str, port: int, caller: str, how: str) -> int:
    """How often the program was killed before it came to its end."""
    command = [sys.executable, "-m", "tests.runtime.client.restarts"]
    arguments = [where, f"http://127.0.0.1:{port}", caller, how]
    done = subprocess.run([*command, *arguments], capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


@pytest.mark.parametrize(
    "where", ["file", pytest.param("postgres", marks=pytest.mark.exhaustive)], indirect=True
)
def test_killed_at_each_thing_that_it_does(db: Database, bank: int, where: str) -> None:
    assert killed(where, bank, "httpx", "each") > 3 * len(INVOICES)
    assert {amount: len(ids) for amount, ids in effects(db).items()} == dict.fromkeys(INVOICES, 1)


@pytest.mark.exhaustive
def test_killed_at_each_thing_that_it_does_with_grpc(db: Database, dsn: str, tmp_path: Path) -> None:
    with grpc_bank(db, dsn) as bank:
        assert killed(str(tmp_path / "intents"), bank.port, "grpc", "each") > 3 * len(INVOICES)
    assert {amount: len(ids) for amount, ids in effects(db).items()} == dict.fromkeys(INVOICES, 1)
    assert len(bank.seen) > len(INVOICES)


@pytest.mark.exhaustive
def test_killed_at_random_moments_with_grpc(db: Database, dsn: str, where: str) -> None:
    with grpc_bank(db, dsn) as bank:
        assert killed(where, bank.port, "grpc", "random") >= 25
    assert {amount: len(ids) for amount, ids in effects(db).items()} == dict.fromkeys(INVOICES, 1)


@pytest.mark.exhaustive
@pytest.mark.parametrize("caller", CALLERS)
def test_killed_at_random_moments(db: Database, bank: int, where: str, caller: str) -> None:
    assert killed(where, bank, caller, "random") >= 25
    assert {amount: len(ids) for amount, ids in effects(db).items()} == dict.fromkeys(INVOICES, 1)

"""Litestar's SQLAlchemy plugin, in the environment that has it: its own sessions, which it commits, join by ``idem.join``."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.lint.casecheck import interpreter_of
from tests.runtime.adapters.contract import ledger, records

ROOT = Path(__file__).parents[3]


@pytest.mark.slow
def test_the_sessions_of_the_plugin_join_the_transaction(dsn: str, db: psycopg.Connection[Any]) -> None:
    interpreter = interpreter_of("alchemy")
    if interpreter is None:
        pytest.skip("the alchemy environment is not there: make second-environments")
    ran = subprocess.run(
        [interpreter, Path(__file__).with_name("alchemy_service.py"), dsn],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=180,
    )
    assert ran.stdout.splitlines() == [
        "201 1 False",
        "201 1 True",
        "500  False",
        "201 3 False",
        "201 3 True",
    ], ran.stderr
    assert (ledger(db), records(db)) == ([5, 5], 2)

"""What we take out of SQLAlchemy's hands has no public name: each minor version that is supported is held to it."""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy
from sqlalchemy.engine import Connection

OTHER = (
    "sqlalchemy[asyncio]>=2.0.36,<2.1"
    if sqlalchemy.__version__.startswith("2.1")
    else "sqlalchemy[asyncio]>=2.1"
)
ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    ("method", "parameters"),
    [
        ("_savepoint_impl", ["self", "name"]),
        ("_release_savepoint_impl", ["self", "name"]),
        ("_rollback_to_savepoint_impl", ["self", "name"]),
        ("_rollback_impl", ["self"]),
        ("_commit_impl", ["self"]),
        (
            "_execute_context",
            ["self", "dialect", "constructor", "statement", "parameters", "execution_options"],
        ),
    ],
)
def test_a_private_method_of_a_connection_is_as_we_override_it(method: str, parameters: list[str]) -> None:
    known: Any = inspect.signature(getattr(Connection, method)).parameters
    assert list(known)[: len(parameters)] == parameters


@pytest.mark.exhaustive
def test_patterns_and_differences_are_the_same_on_the_other_minor_version(tmp_path: Path) -> None:
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(tmp_path), OTHER]
    installed = subprocess.run(install, capture_output=True, text=True, timeout=300)
    if installed.returncode != 0:
        pytest.skip(f"{OTHER} cannot be installed: {installed.stderr[-300:]}")
    paths = os.pathsep.join([str(tmp_path), str(ROOT)])
    environment = {**os.environ, "PYTHONPATH": paths, "IDEM_TESTS": ""}
    environment.pop("PYTEST_XDIST_WORKER", None)
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/runtime/sqlalchemy", "-x"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert ran.returncode == 0, ran.stdout[-3000:]

"""The plugin as pytest loads it, and the tests of ``docs/testing.md`` as they are written."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import psycopg
import pytest

from idem_runtime import ConfigurationError
from idem_runtime.testing import databases, plugin, postgres_server
from tests.runtime import postgres

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "testing.md").read_text(encoding="utf-8")


def run(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """pytest in a process of its own, with the plugin as the entry point names it."""
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:idem_guard"]
    return subprocess.run(
        [*command, "-p", "idem_runtime.testing.plugin", "-q", *options],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTEST_ADDOPTS": ""},  # what a reader of the page has
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
        timeout=120,
    )


@pytest.mark.slow
def test_the_tests_of_the_page_pass_as_they_are_written(tmp_path: Path) -> None:
    files = dict(re.findall(r"<!-- file: (\w+\.py) -->\n```python\n(.*?)```", PAGE, re.DOTALL))
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    done = run(tmp_path)
    assert "3 passed" in done.stdout, done.stdout + done.stderr
    lines = files["test_shop.py"].strip().splitlines()
    assert len([line for line in lines if line.strip()]) <= 10


def test_the_entry_point_names_the_plugin() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["entry-points"]["pytest11"] == {"idem_guard": plugin.__name__}


@pytest.mark.slow
def test_a_run_that_does_not_use_it_imports_nothing_more_and_keeps_its_fixtures(tmp_path: Path) -> None:
    (tmp_path / "test_other.py").write_text(
        "import sys, pytest\n"
        "@pytest.fixture\n"
        "def idem_dsn(): return 'own'\n"
        "def test_it(idem_dsn):\n"
        "    assert idem_dsn == 'own'\n"
        "    ours = sorted(name for name in sys.modules if name.partition('.')[0] == 'idem_runtime')\n"
        "    assert ours == ['idem_runtime', 'idem_runtime.testing', 'idem_runtime.testing.plugin']\n"
    )
    done = run(tmp_path)
    assert "1 passed" in done.stdout, done.stdout


def test_every_name_of_a_fixture_begins_with_idem() -> None:
    fixtures = [name for name, value in vars(plugin).items() if hasattr(value, "_fixture_function_marker")]
    assert sorted(fixtures) == ["idem_dsn", "idem_postgres", "idem_storm"]


def test_what_is_missing_is_named_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres_server, "PACKAGE", "embedded_postgres_that_nobody_has")
    with pytest.raises(ConfigurationError, match=r'pip install "idem-guard\[testing\]"'):
        postgres_server.start()


def test_a_database_has_the_records_and_is_gone_afterwards(server: postgres.Server) -> None:
    with databases.database(server.socket_dsn) as dsn, psycopg.connect(dsn) as db:
        assert db.execute("SELECT count(*) FROM idempotency_records").fetchone() == (0,)
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        psycopg.connect(dsn)


def test_the_fixtures_are_what_the_page_says(
    server: postgres.Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped: list[postgres.Server] = []
    monkeypatch.setattr(postgres_server, "start", lambda: server)
    monkeypatch.setattr(postgres_server, "stop", stopped.append)
    running = plugin.idem_postgres.__wrapped__()
    assert next(running) is server
    fresh = plugin.idem_dsn.__wrapped__(server)
    assert next(fresh).startswith("postgresql://")
    assert list(fresh) == list(running) == []
    assert stopped == [server]
    assert plugin.idem_storm.__wrapped__().__name__ == "storm"

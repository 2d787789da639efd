"""The example serves, replays, and is clean under the linter, which finds its methods."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import runpy
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import grpc
import grpc_tools
import psycopg
import pytest
from grpc_tools import protoc

import idem_lint.cli
from idem_runtime.drivers.table import Table
from tests.runtime.postgres import Server

pytestmark = pytest.mark.processes_not_measured  # an example, not the packages

EXAMPLE = Path(__file__).parents[4] / "examples" / "grpc_ledger"


@pytest.fixture
def own_database(server: Server, worker_id: str) -> Iterator[str]:
    """A database without any table."""
    name = f"example_{worker_id}"
    with psycopg.connect(server.dsn(), autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE "{name}"')  # type: ignore[call-overload]
        yield server.dsn(name)
        admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')  # type: ignore[call-overload]


def test_the_example_pays_once(
    own_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    well_known = Path(grpc_tools.__file__).parent / "_proto"
    options = [f"-I{EXAMPLE}", f"-I{well_known}", f"--python_out={tmp_path}", f"--grpc_python_out={tmp_path}"]
    assert protoc.main(["protoc", *options, "ledger.proto"]) == 0
    with psycopg.connect(own_database) as db:
        db.execute(Table().creation())  # type: ignore[call-overload]
    path = os.pathsep.join([str(tmp_path), str(EXAMPLE.parents[1])])
    environment = {**os.environ, "DATABASE_URL": own_database, "PYTHONPATH": path}
    monkeypatch.syspath_prepend(tmp_path)
    client = runpy.run_path(str(EXAMPLE / "client.py"))
    command = [sys.executable, str(EXAMPLE / "server.py"), "0"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as bank:
        assert bank.stdout is not None
        found = re.search(r"127\.0\.0\.1:\d+", bank.stdout.readline())
        assert found is not None
        for _ in range(2):
            client["transfer"](found[0], "alice", "shop", 500, "key-1")
        with pytest.raises(grpc.RpcError, match="not enough money"):
            client["transfer"](found[0], "alice", "shop", 999999, "key-2")
        bank.terminate()
        assert bank.wait(20) == 0
    assert capsys.readouterr().out == "transfer 1\ntransfer 1 (replayed)\n"
    with psycopg.connect(own_database) as db:
        assert db.execute("SELECT cents FROM accounts ORDER BY name").fetchall() == [(9500,), (500,)]
        assert db.execute("SELECT count(*) FROM transfers").fetchone() == (1,)


def lint(*arguments: str) -> tuple[int, str]:
    """The linter's exit code, and what it prints."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        code = idem_lint.cli.main([*arguments])
    return code, printed.getvalue()


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """The example as a project of its own: the linter would read the one around it, or look for schemas wherever there may be any."""
    (tmp_path / "pyproject.toml").touch()
    return Path(shutil.copytree(EXAMPLE, tmp_path / "grpc_ledger"))


def test_the_linter_finds_the_example_s_methods_and_nothing_wrong(copied: Path) -> None:
    assert lint("--all-domains", str(copied))[0] == 0
    handlers = json.loads(lint("inventory", "--format", "json", str(copied))[1])["handlers"]
    assert {(row["qualname"], row["mark"]) for row in handlers} == {
        ("LedgerService.Transfer", "money_moving"),
        ("LedgerService.Balance", "not_money_moving"),
    }


def test_the_linter_asks_for_the_example_s_marks(copied: Path) -> None:
    text = (copied / "server.py").read_text()
    (copied / "server.py").write_text(text.replace("    @money_moving\n", ""))
    code, printed = lint("--all-domains", str(copied))
    assert code == 1
    assert "IDM001 `LedgerService.Transfer` is an RPC" in printed

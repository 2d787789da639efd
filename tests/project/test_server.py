"""The demo's server starts wherever a clone lies, and for whoever has it."""

from __future__ import annotations

import ast
import os
import tempfile
from pathlib import Path

import psycopg
import pytest

from examples import demo_postgres
from tests.project import ROOT

only_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has to become somebody else")


@pytest.fixture
def closed(tmp_path: Path) -> Path:
    """A folder that only its owner may enter, as root's home is."""
    folder = tmp_path / "a closed folder"
    folder.mkdir(mode=0o700)
    return folder


@pytest.mark.slow
@only_root
@pytest.mark.parametrize("mask", [0o022, 0o077], ids=["the usual mask", "a strict mask"])
def test_root_starts_a_server_from_a_folder_that_only_root_may_enter(closed: Path, mask: int) -> None:
    package = demo_postgres.EMBEDDED.parents[1]
    for part in (package, package.with_name(f"{package.name}.libs")):
        (closed / part.name).symlink_to(part)
    before = os.umask(mask)
    try:
        server = demo_postgres.start(closed / package.name / "pginstall" / "bin")
    finally:
        os.umask(before)
    with psycopg.connect(server.dsn()) as db:
        assert db.execute("SELECT 1").fetchone() == (1,)
    demo_postgres.stop(server)


@only_root
def test_a_servers_folder_is_one_that_its_user_can_reach(
    closed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(closed))
    folder = demo_postgres.make_folder("idem-test-")
    assert closed not in folder.parents
    assert folder.stat().st_uid == demo_postgres.unprivileged()["user"]
    folder.rmdir()


def test_a_servers_folder_is_short_enough_for_a_socket(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep = tmp_path / ("deep" * 20)
    deep.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(deep))
    folder = demo_postgres.make_folder("idem-test-")
    assert len(str(folder)) < 100
    folder.rmdir()


def test_the_examples_need_no_tests() -> None:
    for path in (ROOT / "examples").glob("*.py"):
        nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
        names = [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
        names += [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
        assert [name for name in names if name.partition(".")[0] == "tests"] == [], path

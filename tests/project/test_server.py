"""The demo's server starts wherever a clone lies, and for whoever has it."""

from __future__ import annotations

import ast
import os
import tempfile
from pathlib import Path

import psycopg
import pytest

from examples import demo_postgres
from idem_runtime.testing import postgres_server
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


def test_who_is_not_root_starts_a_server_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert demo_postgres.unprivileged() == {}
    folder = demo_postgres.make_folder("idem-test-")
    assert folder.stat().st_uid == os.getuid()
    folder.rmdir()


def test_a_program_that_its_user_may_not_enter_cannot_be_run(closed: Path) -> None:
    nobody = {"user": 65534, "group": 65534, "extra_groups": []} if os.geteuid() == 0 else {}
    program = closed / "a folder" / "postgres"
    if not nobody:
        closed.chmod(0)
    assert not postgres_server._can_run(program, Path("/"), nobody)
    closed.chmod(0o700)


def test_a_program_that_fails_says_what_it_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server = postgres_server.Server(tmp_path, 1, demo_postgres.EMBEDDED)
    monkeypatch.setattr(postgres_server, "unprivileged", dict)  # nobody may enter this test's folder
    with pytest.raises(RuntimeError, match=r"pg_ctl failed:\npg_ctl: "):
        postgres_server._run(server, "pg_ctl")


def test_a_server_that_does_not_start_leaves_no_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs, temporary = tmp_path / "bin", tmp_path / "temporary"
    for folder in (programs, temporary):
        folder.mkdir()
    for name in ("postgres", "initdb"):
        (programs / name).write_text(f"#!/bin/sh\n[ {name} = postgres ]\n")
        (programs / name).chmod(0o755)
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    monkeypatch.setattr(postgres_server, "unprivileged", dict)  # nobody may enter this test's folder
    with pytest.raises(RuntimeError, match=r"initdb failed"):
        demo_postgres.start(programs)
    assert list(temporary.iterdir()) == []


def test_a_copy_of_an_installation_has_what_its_wheel_bundles(tmp_path: Path) -> None:
    for name in ("pg/pginstall/bin/postgres", "pg/pginstall/include/x.h", "pg.libs/libpq.so"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    with_libraries, without = tmp_path / "one", tmp_path / "two"
    postgres_server._copied(tmp_path / "pg" / "pginstall" / "bin", with_libraries)
    (tmp_path / "pg.libs" / "libpq.so").unlink()
    (tmp_path / "pg.libs").rmdir()
    postgres_server._copied(tmp_path / "pg" / "pginstall" / "bin", without)
    copied = [
        sorted(path.name for path in place.rglob("*") if path.is_file())
        for place in (with_libraries, without)
    ]
    assert copied == [["libpq.so", "postgres"], ["postgres"]]


def test_the_examples_need_no_tests() -> None:
    for path in (ROOT / "examples").glob("*.py"):
        nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
        names = [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
        names += [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
        assert [name for name in names if name.partition(".")[0] == "tests"] == [], path

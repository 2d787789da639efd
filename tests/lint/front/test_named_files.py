"""Files named one by one, as hooks and CI name what was changed: deleted, moved, no Python, links."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from idem_lint.settings.config import Config
from idem_lint.source.discovery import UsageError, discover
from idem_lint.source.named_files import is_deleted
from tests.lint.front.project import BROKEN, MARKED, UNMARKED, Shell


def git(root: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "init.defaultBranch=main"]
    subprocess.run(["git", *identity, *arguments], cwd=root, check=True, capture_output=True)


@pytest.fixture
def repository(shell: Shell) -> Shell:
    shell.write({"wallet/old.py": UNMARKED, "wallet/api.py": MARKED, "gone/a.py": ""})
    git(shell.root, "init")
    git(shell.root, "add", ".")
    git(shell.root, "commit", "-m", "all")
    return shell


@pytest.mark.parametrize("is_committed", [True, False], ids=["committed", "only on disk"])
def test_a_deleted_file_is_left_out_with_a_note_and_the_others_are_judged(
    is_committed: bool, repository: Shell
) -> None:
    (repository.root / "wallet/old.py").unlink()
    (repository.root / "gone/a.py").unlink()
    (repository.root / "gone").rmdir()
    if is_committed:
        git(repository.root, "commit", "-am", "less")
    for command in ("check", "inventory"):
        ran = repository.run(command, "wallet/old.py", "gone/a.py", "wallet/api.py")
        assert ran.code == 0
        assert "api.py" in ran.out or "1 file checked" in ran.out
        assert ran.err == (
            "idem-lint: note: wallet/old.py: deleted, so there is nothing to judge\n"
            "idem-lint: note: gone/a.py: deleted, so there is nothing to judge\n"
        )


def test_deleted_files_alone_are_no_findings(repository: Shell) -> None:
    (repository.root / "wallet/old.py").unlink()
    ran = repository.run("wallet/old.py")
    assert (ran.code, ran.out.partition(":")[0]) == (0, "No findings")


def test_a_file_that_was_only_staged_is_deleted_too(shell: Shell) -> None:
    shell.write({"wallet/new.py": UNMARKED})
    git(shell.root, "init")
    git(shell.root, "add", ".")
    (shell.root / "wallet/new.py").unlink()
    assert shell.run("wallet/new.py").code == 0


def test_a_name_that_git_does_not_know_is_a_mistake_and_nothing_passes_for_clean(repository: Shell) -> None:
    ran = repository.run("wallet/api.py", "wallet/ol*d.py", "wallet/odl.py")
    assert (ran.code, ran.out) == (2, "")
    ran = repository.run("wallet/odl.py")
    assert ran.err == 'idem-lint: wallet/odl.py: no such file or folder; did you mean "wallet/old.py"?\n'


def test_without_git_nobody_knows_what_was_deleted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert not is_deleted(str(tmp_path / "a.py"))


def test_what_is_no_python_is_left_out_with_a_note(shell: Shell) -> None:
    names = ("README.md", "poetry.lock", "Dockerfile", "logo.png")
    contents = (
        b"# Bank\n\nIt moves money.\n",
        b"version = 1\n[[package]\n",
        b"FROM python\n",
        b"\x89PNG\0\xff",
    )
    shell.write({**dict(zip(names, contents, strict=True)), "wallet/api.py": UNMARKED})
    ran = shell.run(*names, "wallet/api.py")
    assert (ran.code, ran.findings) == (1, ["wallet/api.py:7 IDM001"])
    assert ran.err == "".join(
        f"idem-lint: note: {name}: is no Python, so it is not judged\n" for name in names
    )


@pytest.mark.parametrize(
    ("name", "content", "found"),
    [
        ("wallet/script", UNMARKED, "IDM001"),
        ("wallet/script", f"#!/usr/bin/env python3\n{BROKEN}", "IDM900"),
        ("wallet/view.tmpl", UNMARKED, "IDM001"),
        ("wallet/stub.pyi", BROKEN, "IDM900"),
    ],
)
def test_python_under_another_name_is_judged_where_it_is_named(
    name: str, content: str, found: str, shell: Shell
) -> None:
    shell.write({name: content})
    ran = shell.run(name)
    assert (ran.code, ran.err) == (1, "")
    assert found in ran.out


def test_a_link_is_judged_under_its_own_name_and_a_link_to_nothing_is_said(shell: Shell) -> None:
    shell.write({"core/api.py": UNMARKED.replace("/wallet", ""), "core/sub/x.py": ""})
    (shell.root / "wallet").symlink_to("core")
    (shell.root / "savings.py").symlink_to("core/api.py")
    (shell.root / "dead.py").symlink_to("nowhere")
    assert shell.run("savings.py").findings == ["savings.py:7 IDM001"]
    assert shell.run("wallet").findings == ["wallet/api.py:7 IDM001"]
    assert shell.run("dead.py").findings == ["dead.py:1 IDM900"]


def test_a_notebook_among_the_files_is_wrong_usage(shell: Shell) -> None:
    shell.write({"a.ipynb": "{}", "wallet/api.py": UNMARKED})
    ran = shell.run("a.ipynb", "wallet/api.py")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == "idem-lint: a.ipynb: a notebook is not read; name Python files or folders\n"


def test_a_script_that_may_not_be_read_is_a_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "script").write_text("x")

    def refuse(path: str) -> bool:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("idem_lint.source.named_files.is_python", refuse)
    found = discover([tmp_path / "script"], Config(tmp_path))
    assert [problem.what for problem in found.problems] == ["cannot be read: Permission denied"]


def test_a_misspelt_path_below_a_folder_that_is_not_there(repository: Shell) -> None:
    with pytest.raises(UsageError, match="no such file or folder"):
        discover([repository.root / "no/such/place.py"], Config(repository.root))

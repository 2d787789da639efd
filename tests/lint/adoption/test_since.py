"""``check --since``: what a branch changed, what depends on it, and what git cannot say."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.lint.front.project import MARKED, UNMARKED, Shell

CARDS = UNMARKED.replace("transfer", "card")
USES = "from wallet.tools import router\n\n\n@router.post('/wallet/more')\ndef more(): ...\n"


def git(root: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", "-c", "user.name=x", "-c", "user.email=x@x", "-c", "protocol.file.allow=always", *arguments],
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "GIT_CONFIG_GLOBAL": os.devnull},
    )
    return done.stdout


def commit(shell: Shell, files: dict[str, str], name: str) -> None:
    shell.write(files)
    git(shell.root, "add", "-A")
    git(shell.root, "commit", "-qm", name)


@pytest.fixture
def repository(shell: Shell) -> Shell:
    """A branch that left ``main``, which went on."""
    git(shell.root, "init", "-q", "-b", "main")
    files = {
        "wallet/routes.py": UNMARKED,
        "wallet/tools.py": "from fastapi import APIRouter\nrouter = APIRouter()\n",
        "wallet/uses.py": USES,
        "wallet/__init__.py": "",
        "cards/routes.py": CARDS,
        ".gitignore": ".idem_lint_cache\n",
    }
    commit(shell, files, "one")
    git(shell.root, "checkout", "-q", "-b", "branch")
    git(shell.root, "checkout", "-q", "main")
    commit(shell, {"cards/routes.py": CARDS + "# on main\n"}, "two")
    git(shell.root, "checkout", "-q", "branch")
    return shell


def found(shell: Shell, *options: str) -> list[str]:
    done = shell.run("check", "--since", "main", *options)
    assert done.code in {0, 1}, done.err
    return [line.partition(":")[0] for line in done.findings]


def test_nothing_changed_is_nothing_to_report(repository: Shell) -> None:
    assert found(repository) == []
    assert "0 changed since" in repository.run("check", "--since", "main").err


def test_what_the_branch_changed_and_what_imports_it_is_reported(repository: Shell) -> None:
    commit(
        repository,
        {"wallet/tools.py": "from fastapi import APIRouter\nrouter = APIRouter()\n# more\n"},
        "three",
    )
    assert found(repository) == ["wallet/uses.py"]
    assert "1 changed" in repository.run("check", "--since", "main").err


def test_changes_that_are_not_committed_and_new_files_count(repository: Shell) -> None:
    repository.write({"wallet/routes.py": UNMARKED + "\n", "wallet/new.py": UNMARKED})
    assert found(repository) == ["wallet/new.py", "wallet/routes.py"]
    assert found(repository, "wallet/new.py") == ["wallet/new.py"]


def test_a_deleted_file_is_no_error_and_what_named_it_is_judged(repository: Shell) -> None:
    git(repository.root, "rm", "-q", "wallet/tools.py")
    assert found(repository) == ["wallet/uses.py"]


def test_a_finding_that_leads_to_a_change_is_reported(repository: Shell) -> None:
    registers = "from fastapi import FastAPI\nfrom cards.plain import pay\napp = FastAPI()\napp.post('/wallet/pay')(pay)\n"
    commit(repository, {"cards/plain.py": "def pay(): ...\n", "app.py": registers}, "three")
    git(repository.root, "branch", "-f", "main")
    repository.write({"app.py": registers + "\n"})
    assert found(repository) == ["cards/plain.py"]


def test_a_silenced_finding_elsewhere_is_not_counted(repository: Shell) -> None:
    repository.write({"cards/routes.py": CARDS.replace("int]:", "int]:  # noqa: IDM001")})
    git(repository.root, "branch", "-f", "main")
    git(repository.root, "commit", "-qam", "silenced")
    git(repository.root, "branch", "-f", "main")
    assert "suppressed" not in repository.run("check", "--since", "main").out


def test_a_package_is_known_by_its_folder(repository: Shell) -> None:
    commit(
        repository,
        {"wallet/__init__.py": "X = 1\n", "cards/user.py": "from wallet import X\n" + CARDS},
        "three",
    )
    git(repository.root, "branch", "-f", "main")
    repository.write({"wallet/__init__.py": "X = 2\n"})
    assert "cards/user.py" in found(repository)


def test_a_commit_that_git_does_not_know_is_wrong_usage(repository: Shell) -> None:
    done = repository.run("check", "--since", "nowhere")
    assert done.code == 2
    assert "git knows no such commit" in done.err


def test_a_shallow_clone_says_what_to_do(repository: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    commit(repository, {"wallet/routes.py": MARKED}, "three")
    clone = repository.root.parent / "clone"
    git(repository.root.parent, "clone", "-q", "--depth", "1", f"file://{repository.root}", "clone")
    git(clone, "fetch", "-q", "--depth", "1", "origin", "main:main")
    monkeypatch.chdir(clone)
    done = repository.run("check", "--since", "main")
    assert done.code == 2
    assert "this clone is shallow" in done.err
    assert "fetch-depth: 0" in done.err


def test_no_repository_and_no_git_are_wrong_usage(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    shell.write({"wallet/routes.py": UNMARKED})
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(shell.root.parent))
    assert "not a git repository" in shell.run("check", "--since", "main").err
    monkeypatch.setenv("PATH", "")
    done = shell.run("check", "--since", "main")
    assert done.code == 2
    assert "needs git" in done.err

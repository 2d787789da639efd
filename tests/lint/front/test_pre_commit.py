"""The hooks, by really running pre-commit in a git repository against a repository of hooks made from this tree.

Installing the hook is what takes time here: each test does it once, in a home of its own.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.lint.front.project import ABOVE, BROKEN, MARKED, UNMARKED, Ran, script, write

pytestmark = [pytest.mark.slow, pytest.mark.processes_not_measured]
ROOT = Path(__file__).parents[3]
GUARDED = UNMARKED.replace("def transfer", "@guarded\ndef transfer").replace(
    "from fastapi", "from common.marks import guarded\nfrom fastapi"
)
MARKS = (
    "from idem_runtime import money_moving\n\n\ndef guarded(function):\n    return money_moving(function)\n"
)


def git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=test", "-c", "user.email=test@example.org", "-c", "init.defaultBranch=main"]
    command = ["git", *identity, *arguments]
    return subprocess.run(
        command, cwd=folder, check=True, capture_output=True, encoding="utf-8"
    ).stdout.strip()


def commit(folder: Path) -> str:
    """Everything in ``folder`` as one commit of its repository; the commit's name."""
    git(folder, "init", "-q")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "--no-verify", "-m", "state")
    return git(folder, "rev-parse", "HEAD")


@pytest.fixture
def hooks(tmp_path: Path) -> Path:
    """A repository with the hooks of this tree, as a user's configuration names it."""
    folder = tmp_path / "hooks"
    for package in ("idem_lint", "idem_runtime"):
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / ".ci").mkdir()
    for name in ("pyproject.toml", ".pre-commit-hooks.yaml", ".ci/readme_hook.py"):
        shutil.copy(ROOT / name, folder / name)
    for name in ("README.md", "LICENSE"):
        (folder / name).touch()
    commit(folder)
    return folder


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A service under git with wrong and right handlers."""
    files = {
        "wallet/unmarked.py": UNMARKED,
        "wallet/above.py": ABOVE,
        "wallet/bare.py": MARKED.replace("int]:", "int]:  # noqa"),
        "wallet/marked.py": MARKED,
        "wallet/guarded.py": GUARDED,
        "common/__init__.py": "",
        "common/marks.py": MARKS,
        "other/broken.py": BROKEN,
    }
    return write(tmp_path / "project", dict(files))


def pre_commit(project: Path, *arguments: str) -> Ran:
    """pre-commit with an empty cache; what git tells a hook it runs in must not reach it."""
    outer = {name: "" for name in os.environ if name.startswith("GIT_")}
    home = project.parent / "home"
    return script(
        "pre-commit", *arguments, cwd=project, PRE_COMMIT_HOME=str(home), PRE_COMMIT_COLOR="never", **outer
    )


CONFIGURATION = """\
repos:
  - repo: {repository}
    rev: {revision}
    hooks:
      - id: idem-lint
      - id: idem-lint-project
        stages: [manual]
"""


def test_three_lines_of_configuration_report_what_the_command_line_reports(
    hooks: Path, project: Path
) -> None:
    configuration = CONFIGURATION.format(repository=hooks, revision=git(hooks, "rev-parse", "HEAD"))
    write(project, {".pre-commit-config.yaml": configuration})
    commit(project)
    every_file = pre_commit(project, "run", "--all-files")
    named = sorted(git(project, "ls-files", "*.py").splitlines())
    assert every_file.code == 1, every_file.out + every_file.err
    assert every_file.findings == script("idem-lint", *named, cwd=project).findings
    assert {found.split()[1] for found in every_file.findings} == {"IDM001", "IDM003", "IDM011", "IDM900"}

    # One file of a commit is judged with the rest of the project in view: the mark stands in another file.
    guarded = pre_commit(project, "run", "--files", "wallet/guarded.py")
    assert (guarded.code, guarded.findings) == (0, []), guarded.out

    whole = pre_commit(project, "run", "idem-lint-project", "--hook-stage", "manual", "--all-files")
    assert whole.code == 1
    assert whole.findings == script("idem-lint", cwd=project).findings


def test_try_repo_runs_the_hook(hooks: Path, project: Path) -> None:
    commit(project)
    ran = pre_commit(
        project, "try-repo", str(hooks), "idem-lint", "--files", "wallet/unmarked.py", "wallet/marked.py"
    )
    assert ran.code == 1, ran.out + ran.err
    assert ran.findings == ["wallet/unmarked.py:7 IDM001"]

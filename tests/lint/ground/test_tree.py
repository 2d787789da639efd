"""Which Python files a folder holds: git's answer, our walk, and what neither can read."""

from __future__ import annotations

import os
import subprocess
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from idem_lint.result_types import Place, Site
from idem_lint.settings.config import Config
from idem_lint.source.discovery import Discovery, SourceFile, discover
from tests.lint.ground.folders import git, make, names, skipped


def refuse(folder: str) -> Callable[[str], os._ScandirIterator[str]]:
    real = os.scandir

    def scandir(path: str) -> os._ScandirIterator[str]:
        if path == folder:
            raise PermissionError(13, "Permission denied", path)
        return real(path)

    return scandir


def test_a_folder_that_cannot_be_read_is_a_problem(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Permissions do not bind root, so refusal is played; git says it by a line on its error stream."""
    make(project, {"x.py": "", "shut/y.py": ""})
    monkeypatch.setattr(os, "scandir", refuse(str(project / "shut")))
    if os.environ["PATH"]:
        real = subprocess.run

        def warn(*args: object, **options: object) -> object:
            done = real(*args, **options)  # type: ignore[call-overload]
            done.stdout, done.stderr = b"? x.py\0", b"warning: could not open directory 'shut/'\n"
            return done

        monkeypatch.setattr(subprocess, "run", warn)
    found = discover([project], Config(project))
    assert names(found, project) == ["x.py"]
    assert found.problems == (Site(Place("shut", 1, 1), "cannot be read: Permission denied"),)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user can reach."""
    before = os.umask(0o022)  # ours may keep others out of what is made there
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o755)
        yield Path(name)
    os.umask(before)


def as_nobody(answer: Callable[[], str]) -> str:
    """What ``answer`` says in a process of a user without rights."""
    read, write = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of forking beside a test runner's threads
        child = os.fork()
    if child == 0:
        try:
            os.setgid(65534)
            os.setuid(65534)
            os.write(write, answer().encode())
        finally:
            os._exit(0)
    os.close(write)
    with os.fdopen(read) as pipe:
        text = pipe.read()
    os.waitpid(child, 0)
    return text


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become a user without rights")
@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        (0o700, "['x.py'] [('shut', 'cannot be read: Permission denied')]"),
        (0o744, "['x.py'] [('shut/y.py', 'cannot be read: Permission denied')]"),
    ],
)
@pytest.mark.parametrize("with_git", [True, False])
def test_what_permissions_forbid_is_a_problem(
    open_folder: Path, monkeypatch: pytest.MonkeyPatch, mode: int, expected: str, with_git: bool
) -> None:
    make(open_folder, {"x.py": "", "shut/y.py": ""})
    git(open_folder, "init", "-q")
    git(open_folder, "add", "x.py")
    (open_folder / "shut").chmod(mode)
    monkeypatch.chdir(open_folder)
    monkeypatch.setenv("HOME", str(open_folder))
    for name, value in {"COUNT": "1", "KEY_0": "safe.directory", "VALUE_0": "*"}.items():
        monkeypatch.setenv(f"GIT_CONFIG_{name}", value)
    if not with_git:
        monkeypatch.setenv("PATH", "")

    def answer() -> str:
        found = discover([open_folder], Config(open_folder))
        return f"{names(found, open_folder)} {[(site.place.file, site.what) for site in found.problems]}"

    if mode == 0o744 and not with_git:
        expected = "['shut/y.py', 'x.py'] []"  # the walk does not touch a file: who reads it, finds out
    assert as_nobody(answer) == expected


def test_what_git_tracks_is_taken_wherever_it_lies(tmp_path: Path) -> None:
    make(
        tmp_path,
        {
            ".gitignore": "gen/\n",
            "build/x.py": "",
            "venv/y.py": "",
            "gen/z.py": "",
            "gone.py": "",
            "node_modules/n.py": "",
        },
    )
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "-f", "build/x.py", "gen/z.py", "gone.py", "node_modules/n.py")
    (tmp_path / "gone.py").unlink()
    (tmp_path / "gen/new.py").touch()
    found = discover([tmp_path], Config(tmp_path))
    assert names(found, tmp_path) == ["build/x.py", "gen/z.py", "node_modules/n.py"]
    assert found.problems == ()
    assert skipped(found, tmp_path) == ["venv"]


def test_a_tracked_file_under_what_became_a_file_is_gone(tmp_path: Path) -> None:
    make(tmp_path, {"a/x.py": "", "y.py": ""})
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    (tmp_path / "a/x.py").unlink()
    (tmp_path / "a").rmdir()
    (tmp_path / "a").touch()
    assert discover([tmp_path], Config(tmp_path)) == Discovery((SourceFile(tmp_path / "y.py", False),))


def test_an_unmerged_file_is_listed_once(tmp_path: Path) -> None:
    make(tmp_path, {"x.py": "a = 0\n"})
    git(tmp_path, "init", "-q", "-b", "main")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "1")
    git(tmp_path, "checkout", "-qb", "other")
    make(tmp_path, {"x.py": "a = 1\n"})
    git(tmp_path, "commit", "-qam", "2")
    git(tmp_path, "checkout", "-q", "main")
    make(tmp_path, {"x.py": "a = 2\n"})
    git(tmp_path, "commit", "-qam", "3")
    assert subprocess.run(
        ["git", "merge", "-q", "other"], cwd=tmp_path, capture_output=True, check=False
    ).returncode
    assert names(discover([tmp_path], Config(tmp_path)), tmp_path) == ["x.py"]


def test_submodules_and_repositories_inside_are_searched(tmp_path: Path) -> None:
    origin = make(tmp_path / "origin", {"s.py": "", "build/t.py": ""})
    git(origin, "init", "-q")
    git(origin, "add", ".")
    git(origin, "commit", "-qm", "1")
    root = make(
        tmp_path / "root", {"x.py": "", "inner/y.py": "", "build/inner/z.py": "", ".gitignore": "s.py\n"}
    )
    git(root, "init", "-q")
    git(root / "inner", "init", "-q")
    git(root / "build/inner", "init", "-q")
    git(root, "submodule", "add", str(origin), "sub")
    git(root, "submodule", "add", str(origin), "unfetched")
    git(root, "submodule", "deinit", "-f", "unfetched")
    (root / "unfetched/new.py").touch()
    found = discover([root], Config(root))
    assert names(found, root) == ["inner/y.py", "sub/build/t.py", "sub/s.py", "unfetched/new.py", "x.py"]
    assert skipped(found, root) == ["build"]


def test_a_repository_inside_starts_afresh_without_git(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    make(
        tmp_path,
        {".git/": "", ".gitignore": "x.py\n", "inner/.git/": "", "inner/x.py": "", "x.py": "", "a/x.py": ""},
    )
    assert names(discover([tmp_path], Config(tmp_path)), tmp_path) == ["inner/x.py"]


def test_a_hook_s_environment_does_not_lead_git_astray(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(tmp_path, {"a/x.py": "", ".gitignore": "y.py\n", "a/y.py": ""})
    git(tmp_path, "init", "-q")
    monkeypatch.setenv("GIT_DIR", ".git")
    monkeypatch.setenv("GIT_INDEX_FILE", ".git/other-index")
    assert names(discover([tmp_path / "a"], Config(tmp_path)), tmp_path) == ["a/x.py"]


def test_where_git_refuses_the_walk_takes_over(tmp_path: Path) -> None:
    make(tmp_path, {".git": "gitdir: /nowhere\n", "a.py": "", "b.py": "", ".gitignore": "b.py\n"})
    assert names(discover([tmp_path], Config(tmp_path)), tmp_path) == ["a.py"]

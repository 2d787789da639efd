"""What git says has changed since a branch left another: in commits, in the index, in the work tree, and new files."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import NamedTuple

from idem_lint.source.discovery import UsageError
from idem_lint.source.git_files import git_environment


class Changed(NamedTuple):
    """Absolute paths: of files that are there, and of those that are gone. ``base`` is the commit that was compared with."""

    files: frozenset[Path]
    gone: frozenset[Path]
    base: str


def changed_since(revision: str, folder: Path) -> Changed:
    """What is different from where the present commit and ``revision`` parted (their merge base).

    Raises UsageError where git has no answer: no repository, no such revision, or a clone too shallow to know.
    """
    top, base = merge_base(revision, folder)
    listed = _git(top, "diff", "--name-only", "--no-renames", "-z", base, "--")
    untracked = _git(top, "ls-files", "--others", "--exclude-standard", "-z")
    paths = {top / os.fsdecode(name) for name in (listed + untracked).split(b"\0") if name}
    files = frozenset(path for path in paths if os.path.lexists(path))
    return Changed(files, frozenset(paths - files), base)


def merge_base(revision: str, folder: Path) -> tuple[Path, str]:
    """The top of the repository of ``folder``, and the commit where the present one and ``revision`` parted. Raises as
    :func:`changed_since`.
    """
    top = Path(os.fsdecode(_git(folder, "rev-parse", "--show-toplevel").rstrip(b"\n")))
    return top, _merge_base(revision, top)


def _merge_base(revision: str, top: Path) -> str:
    try:
        commit = _git(top, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
        return _git(top, "merge-base", commit.decode().strip(), "HEAD").decode().strip()
    except UsageError as error:
        if _git(top, "rev-parse", "--is-shallow-repository").strip() == b"true":
            raise UsageError(
                f"--since {revision}: this clone is shallow, so git does not know where the branch left it; fetch the "
                "history (git fetch --unshallow; actions/checkout: fetch-depth: 0; GitLab: GIT_DEPTH: 0)"
            ) from error
        raise UsageError(
            f"--since {revision}: git knows no such commit, or none from which both come; fetch it first"
        ) from error


def _git(folder: Path, *arguments: str) -> bytes:
    try:
        done = subprocess.run(
            ["git", *arguments], cwd=folder, env=git_environment(), capture_output=True, check=False
        )
    except OSError as error:
        raise UsageError(f"--since needs git, which cannot be run: {error.strerror or error}") from error
    if done.returncode != 0:
        said = os.fsdecode(done.stderr).strip().partition("\n")[0]
        raise UsageError(f"--since: git {arguments[0]}: {said or 'no answer'}")
    return done.stdout

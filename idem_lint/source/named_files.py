"""What the name of a file on the command line stands for: a deleted file, one that is no Python, or one to judge.

Lists of changed files, as hooks and CI give them, name what was deleted and what is no Python.
"""

from __future__ import annotations

import os

from idem_lint.source.git_files import git_environment


def is_python(path: str) -> bool:
    """Whether a file that has no suffix of Python's is Python: its first line names the interpreter, or it can be parsed.

    Raises OSError where it cannot be read.
    """
    with open(path, "rb") as handle:
        source = handle.read()
    first = source.partition(b"\n")[0]
    return (first.startswith(b"#!") and b"python" in first) or _can_be_parsed(source)


def _can_be_parsed(source: bytes) -> bool:
    import warnings
    from _ast import PyCF_ONLY_AST

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            compile(source, "<source>", "exec", PyCF_ONLY_AST, dont_inherit=True)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return False
    return True


def is_deleted(path: str) -> bool:
    """Whether git's index or history has a path (absolute) that does not exist."""
    import subprocess

    folder, name = os.path.split(path)
    while not os.path.isdir(folder):
        folder, above = os.path.split(folder)
        name = os.path.join(above, name)
    git = ["git", "--literal-pathspecs"]
    asked = (["ls-files", "--cached"], ["log", "-1", "--full-history", "--format=%H"])
    for question in asked:
        try:
            done = subprocess.run(
                [*git, *question, "--", name],
                cwd=folder,
                env=git_environment(),
                capture_output=True,
                check=False,
            )
        except OSError:
            return False
        if done.returncode == 0 and done.stdout.strip():
            return True
    return False

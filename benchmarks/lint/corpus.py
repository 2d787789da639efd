"""The files that are linted: those of packages, as their wheels have them, and any number of them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent
ROOT = HERE.parent
PEERS = HERE / "peers"
BENCH = ROOT / ".venv-bench"
PACKAGES = (
    "django",
    "djangorestframework",
    "django-ninja",
    "fastapi",
    "starlette",
    "fastapi-users",
    "fschat",
)
OLDER_EXCEPT = re.compile(rb"^(\s*except )\(([\w., ]+,[\w., ]+)\):", re.MULTILINE)


def downloaded() -> Path:
    """The packages' files, kept between runs outside the repository (which would ignore them)."""
    corpus = Path(tempfile.gettempdir()) / f"idem-guard-bench-newer-{'-'.join(PACKAGES)}"
    if not (corpus / "complete").exists():
        shutil.rmtree(corpus, ignore_errors=True)
        python = environment("pip") / "python"
        options = ["--quiet", "--no-deps", "--no-compile", "--target", corpus]
        subprocess.run([python, "-m", "pip", "install", *options, *PACKAGES], check=True)
        with_newer_syntax(corpus)
        (corpus / "pyproject.toml").touch()  # the root of the project that is judged
        with_peers_files(corpus)
        (corpus / "complete").touch()
    return corpus


def with_peers_files(project: Path) -> None:
    """What peers read from the folder that they judge."""
    for name in ("fixit_presence.py", "fixit.toml"):
        shutil.copy(PEERS / name, project / name)
    (project / ".semgrepignore").touch()  # without it semgrep leaves out what is called test


def with_newer_syntax(corpus: Path) -> None:
    """``except (A, B):`` as Python 3.14's formatters write it, where it stands on one line: so services look now."""
    for path in corpus.rglob("*.py"):
        source = path.read_bytes()
        newer = OLDER_EXCEPT.sub(rb"\1\2:", source)
        if newer != source:
            path.write_bytes(newer)


def of_size(corpus: Path, count: int, folder: Path) -> Path:
    """A project with ``count`` of the corpus's files, evenly taken; with more than it has, in copies side by side.

    A copy is a folder of its own, whose modules import each other by the names they have there.
    """
    files = [path for path in sorted(corpus.rglob("*.py")) if path.name != "bench_changed.py"]
    project = folder / str(count)
    left, number = count, 0
    while left > 0:
        step = max(len(files) / left, 1.0)
        for index in range(min(left, len(files))):
            path = files[int(index * step)]
            target = project / f"copy{number}" / path.relative_to(corpus)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
        left -= min(left, len(files))
        number += 1
    (project / "pyproject.toml").touch()
    return project


def environment(package: str) -> Path:
    """The programs of an environment that holds one tool: their requirements contradict each other."""
    folder = BENCH / package
    if not (folder / "complete").exists():
        subprocess.run([ROOT / ".ci" / "environment", folder, sys.executable, package], check=True, cwd=ROOT)
        (folder / "complete").touch()
    return folder / "bin"


def program(package: str, name: str) -> str:
    """The tool's program; a path that is not there where it cannot be installed."""
    try:
        return str(environment(package) / name)
    except subprocess.CalledProcessError:
        return str(BENCH / package / "missing")


def path_with(folder: Path) -> str:
    """The PATH with a folder in front."""
    return f"{folder}{os.pathsep}{os.environ['PATH']}"

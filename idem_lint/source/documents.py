"""Files that are no Python and say something about handlers: what a run asked for is remembered, also what was not there.

An answer that is kept for later runs holds as long as these files are what they were.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

_BELOW = f"{os.sep}**{os.sep}*"
"""Stands between a folder and an ending in what is remembered of a listing."""
_LEFT_OUT = frozenset({"node_modules", "venv", "site-packages", "__pycache__"})

_ASKED: ContextVar[set[str] | None] = ContextVar("documents that were asked for", default=None)


@contextmanager
def remembered() -> Generator[set[str]]:
    """The paths of the documents asked for meanwhile."""
    asked: set[str] = set()
    token = _ASKED.set(asked)
    try:
        yield asked
    finally:
        _ASKED.reset(token)


def remember(asked: Iterable[str]) -> None:
    """What another process asked for, for the same answer."""
    for path in asked:
        _ask(path)


def read_document(path: Path) -> str:
    """The text of a document. Raises OSError, UnicodeDecodeError."""
    _ask(path)
    return path.read_text(encoding="utf-8")


def is_document(path: Path) -> bool:
    """Whether there is such a document."""
    _ask(path)
    return path.is_file()


def documents_below(folder: Path, ending: str) -> list[Path]:
    """The documents below a folder whose names have an ending (or one of several, with ``|`` between them), sorted; that
    there are these and no others is remembered.
    """
    _ask(f"{folder}{_BELOW}{ending}")
    return _listed(str(folder), ending)


def listing(asked: str) -> list[str] | None:
    """What there is now of what was asked for, if that was a listing; ``None`` for the path of one document."""
    folder, below, ending = asked.rpartition(_BELOW)
    return [str(path) for path in _listed(folder, ending)] if below else None


def _listed(folder: str, ending: str) -> list[Path]:
    found: list[Path] = []
    endings = tuple(ending.split("|"))
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".") and name not in _LEFT_OUT]
        found += [Path(place, name) for name in names if name.endswith(endings)]
    return sorted(found)


def _ask(path: Path | str) -> None:
    asked = _ASKED.get()
    if asked is not None:
        asked.add(str(path))

"""Files that are no Python and say something about handlers: what a run asked for is remembered, also what was not there.

An answer that is kept for later runs holds as long as these files are what they were.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

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


def read_document(path: Path) -> str:
    """The text of a document. Raises OSError, UnicodeDecodeError."""
    _ask(path)
    return path.read_text(encoding="utf-8")


def is_document(path: Path) -> bool:
    """Whether there is such a document."""
    _ask(path)
    return path.is_file()


def _ask(path: Path) -> None:
    asked = _ASKED.get()
    if asked is not None:
        asked.add(str(path))

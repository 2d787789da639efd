"""Sources that say in comments what the linter has to find in them.

``# found`` on the line of a ``def`` (``class``, ``lambda``) stands for a handler without a mark in force,
``# found: money_moving`` for one with it, ``# idle`` for one with a mark that does nothing (IDM003), and
``# undecided`` for a place that is reported as such. A table has one source per entry: ``### name``, then its files,
each after a line ``--- path``; what stands before the first is ``wallet/app.py``.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from idem_lint.result_types import Handler
from idem_lint.running.project_run import inventory
from idem_lint.settings.config import Config

_WANTED = re.compile(r"# (found(?:: \w+)?|idle|undecided)$")


def sources(table: str) -> list[object]:
    """The entries of a table as pytest parameters named for them."""
    entries = [entry.split("\n", 1) for entry in ("\n" + table.strip("\n")).split("\n### ")[1:]]
    return [pytest.param(source, id=name) for name, source in entries]


def check_source(source: str, folder: Path) -> None:
    """Assert that the linter finds what the comments say, and nothing else."""
    expected: dict[tuple[str, int], str] = {}
    for path, text in _files(source):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
        for number, line in enumerate(text.split("\n"), 1):
            wanted = _WANTED.search(line)
            if wanted is not None:
                expected[path, number] = wanted[1]
    result = inventory([folder], Config(root=folder, all_domains=True))
    found = {
        _place(h.place.file, folder, h.place.line): _said(h) for h in result.handlers if "POST" in h.methods
    }
    found |= {_place(u.place.file, folder, u.place.line): "undecided" for u in result.undecided}
    assert found == expected


def _files(source: str) -> list[tuple[str, str]]:
    first, *rest = re.split(r"^--- (.+)\n", source, flags=re.MULTILINE)
    files = list(zip(rest[::2], rest[1::2], strict=True))
    return [*([("wallet/app.py", first)] if first.strip() else []), *files]


def _place(file: str, folder: Path, line: int) -> tuple[str, int]:
    return Path(file).resolve().relative_to(folder.resolve()).as_posix(), line


def _said(handler: Handler) -> str:
    if handler.mark is not None:
        return f"found: {handler.mark}"
    return "idle" if any(mark.problem for mark in handler.marks) else "found"

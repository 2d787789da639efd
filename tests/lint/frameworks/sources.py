"""Small projects written as one text, and what the linter says of them, in a few words.

Files stand below a line ``# path``; what comes before the first is ``urls.py``.
"""

from __future__ import annotations

from pathlib import Path

from idem_lint.result_types import ANY_METHOD, Handler
from tests.lint.frameworks.projects import inventory_of


def handlers(source: str, folder: Path) -> list[str]:
    """The handlers, each as ``name METHODS``, by file and line; ``!`` after one with a money-moving mark in force, ``?`` after an idle one.

    Those that answer only other methods are in it where there is a mark on them.
    """
    found = inventory_of(folder, _files(source)).handlers
    return [_line(handler) for handler in found if "POST" in handler.methods or handler.marks]


def undecided(source: str, folder: Path) -> list[str]:
    """What cannot be decided, each as ``name: reason``."""
    return [f"{item.qualname}: {item.reason}" for item in inventory_of(folder, _files(source)).undecided]


def _files(source: str) -> dict[str, str]:
    parts = [part.partition("\n") for part in f"urls.py\n{source}".split("\n# ")]
    return {name: text for name, _, text in parts}


def _line(handler: Handler) -> str:
    methods = "*" if handler.methods == ANY_METHOD else ",".join(handler.methods)
    signs = (" !" if handler.mark == "money_moving" else "") + (
        " ?" if any(m.problem for m in handler.marks) else ""
    )
    return f"{handler.qualname} {methods}{signs}"

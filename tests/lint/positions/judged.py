"""What the linter makes of a position snippet, to be held against what the framework does."""

from __future__ import annotations

from pathlib import Path

from idem_lint.result_types import Handler
from tests.lint.inventory import found_in


def judged_protected(source: str, folder: Path) -> bool:
    """Whether every POST handler the linter finds in the snippet has a money-moving mark that it says takes effect."""
    handlers = [handler for handler in _handlers(source, folder) if "POST" in handler.methods]
    assert handlers, "the linter finds no POST handler"
    return all(handler.mark == "money_moving" for handler in handlers)


def judged_misplaced(source: str, folder: Path) -> bool:
    """Whether the linter says of a mark in the snippet that it has no effect where it stands (IDM003)."""
    return any(mark.problem for handler in _handlers(source, folder) for mark in handler.marks)


def _handlers(source: str, folder: Path) -> tuple[Handler, ...]:
    (folder / "app.py").write_text(source.replace("from recorder import", "from idem_runtime import"))
    return found_in(folder)

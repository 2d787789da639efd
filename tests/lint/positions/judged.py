"""What the linter makes of a position snippet, to be held against what the framework does."""

from __future__ import annotations

from pathlib import Path

from tests.lint.inventory import found_in


def judged_protected(source: str, folder: Path) -> bool:
    """Whether every POST handler the linter finds in the snippet has a money-moving mark that it says takes effect."""
    (folder / "app.py").write_text(source.replace("from recorder import", "from idem_runtime import"))
    handlers = [handler for handler in found_in(folder) if "POST" in handler.methods]
    assert handlers, "the linter finds no POST handler"
    return all(handler.mark == "money_moving" for handler in handlers)

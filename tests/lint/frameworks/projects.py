"""Small projects written as text, and what the linter finds in them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from idem_lint.run_results import Inventory
from idem_lint.running.project_run import inventory
from idem_lint.settings.config import Config


def inventory_of(folder: Path, files: Mapping[str, str]) -> Inventory:
    """The inventory of a project made of these files, every module in scope."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.lstrip("\n"), encoding="utf-8")
    return inventory([folder], Config(root=folder, all_domains=True))


def handlers_of(folder: Path, files: Mapping[str, str]) -> dict[str, str]:
    """Qualified name -> methods of each handler that answers POST, ``ANY`` where it answers all."""
    found = [each for each in inventory_of(folder, files).handlers if "POST" in each.methods]
    return {each.qualname: "ANY" if len(each.methods) == 7 else " ".join(each.methods) for each in found}


def marks_of(folder: Path, source: str) -> dict[str, bool]:
    """Qualified name -> whether a mark is in force, for each handler in ``app.py`` that answers POST."""
    found = inventory_of(folder, {"app.py": source}).handlers
    return {each.qualname: each.mark is not None for each in found if "POST" in each.methods}


def undecided_of(folder: Path, files: Mapping[str, str]) -> dict[int, str]:
    """Line -> reason of each place that cannot be decided."""
    return {each.place.line: each.reason for each in inventory_of(folder, files).undecided}

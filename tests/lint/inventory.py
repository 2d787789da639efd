"""The linter's inventory of a case, in the terms of the oracles."""

from __future__ import annotations

from pathlib import Path

from idem_lint.result_types import ANY_METHOD, Handler
from idem_lint.run_results import Inventory
from idem_lint.running.project_run import inventory
from idem_lint.settings.config import Config
from tests.lint.oracles import ANY, AUTOMATIC, Truth


def handlers_of(case: Path) -> set[Truth]:
    """What the linter finds in a case folder that answers POST."""
    return {truth(handler, case) for handler in found_in(case) if "POST" in handler.methods}


def found_in(case: Path) -> tuple[Handler, ...]:
    """The handlers of a case, judged as a project of its own with every module in scope."""
    return inventory_of(case).handlers


def inventory_of(case: Path) -> Inventory:
    """All that is found in a case, judged as a project of its own with every module in scope."""
    return inventory([case], Config(root=case, all_domains=True))


def truth(handler: Handler, case: Path) -> Truth:
    """A handler as the oracles write it."""
    file = Path(handler.place.file).resolve().relative_to(case.resolve()).as_posix()
    methods = ANY if set(handler.methods) == set(ANY_METHOD) else frozenset(handler.methods) - AUTOMATIC
    return Truth(file, handler.place.line, methods, frozenset(handler.routes))

"""The linter's inventory of a case, in the terms of the oracles."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from idem_lint.check import inventory
from idem_lint.config import Config
from idem_lint.handlers import ANY_METHOD, Handler
from tests.lint.oracles import ANY, AUTOMATIC, Truth


def handlers_of(case: Path) -> set[Truth]:
    """What the linter finds in a case folder that answers POST."""
    return {truth(handler, case) for handler in found_in(case) if "POST" in handler.methods}


def found_in(case: Path) -> tuple[Handler, ...]:
    """The handlers of a case, judged as a project of its own with every module in scope."""
    return inventory([case], replace(Config(root=case), all_domains=True)).handlers


def truth(handler: Handler, case: Path) -> Truth:
    """A handler as the oracles write it."""
    file = Path(handler.place.file).resolve().relative_to(case.resolve()).as_posix()
    methods = ANY if set(handler.methods) == set(ANY_METHOD) else frozenset(handler.methods) - AUTOMATIC
    return Truth(file, handler.place.line, methods)

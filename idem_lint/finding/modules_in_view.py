"""The modules that a framework's second look may search: all that are loaded, or the one that is judged alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from idem_lint.engine.imports import ProjectModules

if TYPE_CHECKING:
    from idem_lint.engine.module_facts import Module
    from idem_lint.finding.interface import Finder


def modules(finder: Finder, here: Module) -> list[Module]:
    """The project's modules that are in view; ``here`` alone where one file is judged alone."""
    source = finder.evaluator.modules
    return source.in_view() if isinstance(source, ProjectModules) else [here]

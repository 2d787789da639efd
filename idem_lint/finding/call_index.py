"""The calls of a project by the words that their statements show, and what frameworks gathered from them: one run's."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar, cast

from idem_lint.engine.imports import ProjectModules
from idem_lint.engine.module_facts import CallSite, Module

if TYPE_CHECKING:
    from idem_lint.engine.evaluator import Evaluator

Gathered = TypeVar("Gathered")


class CallIndex:
    """Looks into each module in view once per word. What was gathered from fewer modules is gathered again."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        self._sites: dict[str, tuple[int, list[CallSite]]] = {}
        self._gathered: dict[object, tuple[int, object]] = {}

    def modules(self, here: Module) -> list[Module]:
        """The project's modules that are loaded; ``here`` alone where one file is judged alone."""
        source = self._evaluator.modules
        return source.in_view() if isinstance(source, ProjectModules) else [here]

    def sites(self, word: str, here: Module) -> list[CallSite]:
        """The calls in every statement that shows a word."""
        count = self._count()
        known = self._sites.get(word)
        if known is None or known[0] != count:
            sites = [site for module in self.modules(here) for site in module.sites([word.encode()])]
            known = self._sites[word] = (count, sites)
        return known[1]

    def gathered(self, build: Callable[[], Gathered], key: object) -> Gathered:
        """What ``build`` makes of the modules in view, made once under a key."""
        count = self._count()
        known = self._gathered.get(key)
        if known is None or known[0] != count:
            known = self._gathered[key] = (count, build())
        return cast("Gathered", known[1])

    def _count(self) -> int:
        source = self._evaluator.modules
        return len(source.loaded) if isinstance(source, ProjectModules) else 1

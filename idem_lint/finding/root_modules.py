"""Which module a project's URLs start in: the one its settings name, or the only one that no other includes."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from idem_lint.engine.parameter_binding import text

if TYPE_CHECKING:
    from idem_lint.engine.module_facts import Module
    from idem_lint.finding.interface import Finder

_SETTING = "ROOT_URLCONF"
_TABLE = "urlpatterns"


class RootModules:
    """The modules that settings name, and those that hold a table of URLs."""

    def __init__(self, finder: Finder, here: Module) -> None:
        self._finder = finder
        modules = finder.call_index.modules(here)
        self._named = [name for module in modules for name in self._settings(module)]
        self._tables = [module for module in modules if _TABLE in module.scope.bindings]
        self._is_whole = len(modules) > 1 or here.name == "urls"

    def _settings(self, module: Module) -> Iterator[str]:
        """What a module says is the root."""
        bindings = module.scope.bindings.get(_SETTING)
        if bindings:
            name = text(self._finder.evaluator.bound(bindings, module.scope, {}, None))
            yield from [name] if name is not None else ()

    def is_root(self, module: Module, included: Mapping[ast.AST, object]) -> bool:
        """Whether the project's URLs start in a module. ``included`` are the modules that another includes."""
        if self._named:
            return any(f".{module.name}".endswith(f".{name}") for name in self._named)
        free = [each for each in self._tables if each.tree not in included]
        return self._is_whole and len(free) == 1 and free[0] is module

"""Marks around the whole of a REST framework view, its authentication included, which the runtime refuses.

Source: idem_runtime/adapters/django/routes.py; rest_framework/views.py (``initial`` authenticates inside ``dispatch``).
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from idem_lint.engine.value_types import External, Func, Made, Value
from idem_lint.finding.interface import Refused, Registration
from idem_lint.finding.view_methods import wrappers

if TYPE_CHECKING:
    from idem_lint.finding.interface import Finder

_WHY = (
    "it stands above REST framework's authentication: a 401 would be recorded, and replayed to the caller who then "
    "logs in"
)

ADVICE = (
    'extend it by a class with @method_decorator({mark}, name="post") above it, and register that in the place of '
    "{view}(…)"
)
"""How a view that REST framework defines is marked."""


def is_around(view: str) -> bool:
    """Whether what is put around a class of this name stands above REST framework's authentication."""
    return view.startswith("rest_framework.")


def of_function(finder: Finder, found: Registration) -> Registration:
    """A function's registration, with what stands above its ``@api_view`` or is put around it in the URLconf."""
    function = finder.definition(found.target)
    links = reversed(finder.links(function)) if isinstance(function, Func) else ()
    above: list[tuple[Value, ast.AST]] = []
    for value, node in (*wrappers(found.target), *((link.decorator, link.node) for link in links)):
        if _is_api_view(value):
            return replace(found, refused=refused(above))
        above.append((value, node))
    return found


def refused(around: Iterable[tuple[Value, ast.AST]]) -> tuple[Refused, ...]:
    """Decorators around a whole view of REST framework."""
    return tuple(Refused(value, node, _WHY) for value, node in around)


def _is_api_view(decorator: Value) -> bool:
    callee = decorator.callee if isinstance(decorator, Made) else decorator
    return isinstance(callee, External) and callee.name.endswith(".api_view")

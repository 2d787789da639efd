"""FastHTML: ``@rt`` and ``@app.route``, bare, with a path or with methods; an ``APIRouter`` that is called itself.

Source: fasthtml/core.py (``_add_route``: a function that has an HTTP method's name answers that method, every other GET and
POST; a class answers by its methods), fasthtml/fastapp.py (``fast_app`` gives the application and its ``route``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from idem_lint.engine.value_types import Func, Klass, Value
from idem_lint.finding import view_methods
from idem_lint.finding.interface import POST, VERBS, Framework, Registration, Route, Slot

if TYPE_CHECKING:
    from idem_lint.engine.parameter_binding import Arguments
    from idem_lint.finding.interface import Finder

_PATH = Slot(0, ("path",))
_METHODS = Slot(1, ("methods",))
_EITHER = frozenset({"GET", "POST"})
_ROUTE = Route(path=_PATH, methods=_METHODS, default=_EITHER, needs_path=False, bare=True)


def _refine(finder: Finder, found: Registration, _given: Arguments) -> Iterator[Registration]:
    """The method that the function's own name says, where nothing else does."""
    if isinstance(found.target, Klass):
        if finder.evaluator.class_attribute(found.target, "post") is not None:
            yield from view_methods.member(finder, replace(found, methods=POST), found.target, "post")
    elif found.has_methods:
        yield found
    else:
        yield _by_name(finder.definition(found.target), found)


def _by_name(definition: Value | None, found: Registration) -> Registration:
    """A function inside another one has both names to its path, and so none of a method."""
    if isinstance(definition, Func) and definition.node.name in VERBS and not definition.scope.is_function:
        return replace(found, methods=frozenset({definition.node.name.upper()}))
    return replace(found, evidence="any-method")


FRAMEWORK = Framework(
    name="fasthtml",
    packages=("fasthtml",),
    titles=("FastHTML",),
    methods={
        **{
            verb: Route(fixed=frozenset({verb.upper()}), path=_PATH, needs_path=False, bare=True)
            for verb in VERBS
        },
        "route": _ROUTE,
        "__call__": _ROUTE,
        "[1]": _ROUTE,  # app, rt = fast_app()
    },
    refine=_refine,
    tokens=("fasthtml",),
    makers=frozenset({"fast_app"}),
    local=frozenset({"__call__", "[1]"}),
)

"""Admin sites of Starlette services: SQLAdmin and Starlette-Admin.

Source: sqladmin/application.py (``expose``: GET unless methods are given, and any decorator around it is part of the
endpoint; ``action`` answers GET; the forms of a ``ModelView`` call ``insert_model`` and ``update_model``),
starlette_admin/base.py (``route``; ``action`` and ``row_action`` are run by a POST; ``CustomView.render``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from idem_lint.engine import parameter_binding
from idem_lint.engine.value_types import External, Func, Klass, Made, options
from idem_lint.finding.interface import ANY, GET, POST, Framework, Methods, Registration, Route, Slot
from idem_lint.frameworks import admin_classes

if TYPE_CHECKING:
    from idem_lint.engine.parameter_binding import Arguments
    from idem_lint.finding.interface import Finder

_HOOKS: dict[str, Methods] = dict.fromkeys(("insert_model", "update_model", "create", "edit"), POST)
_ACTIONS = ("action", "row_action")
_METHODS = Slot(None, ("methods",))


def _refine(finder: Finder, found: Registration, _given: Arguments) -> Iterator[Registration]:
    if found.written != "add_view":
        yield found
        return
    for klass in admin_classes.registered(finder, found):
        yield from admin_classes.hooks(finder, found, klass, _HOOKS)
        yield from _actions(finder, found, klass)
    for option in options(found.target):
        if isinstance(option, Made) and isinstance(option.callee, Klass):
            yield from _rendered(finder, found, option, option.callee)


def _actions(finder: Finder, found: Registration, klass: Klass) -> Iterator[Registration]:
    """Methods below Starlette-Admin's ``@action`` and ``@row_action``."""
    bases = [base for base in finder.evaluator.mro(klass) if isinstance(base, Klass)]
    for name in dict.fromkeys(name for base in bases for name in base.body.bindings):
        value = finder.evaluator.class_attribute(klass, name)
        function = finder.definition(value) if value is not None else None
        if value is not None and isinstance(function, Func) and _is_action(finder, function):
            yield from admin_classes.of_method(finder, found, klass, name, POST, value)


def _is_action(finder: Finder, function: Func) -> bool:
    callees = (link.decorator.callee for link in finder.links(function) if isinstance(link.decorator, Made))
    return any(
        isinstance(callee, External)
        and callee.name.startswith("starlette_admin.")
        and callee.name.endswith(_ACTIONS)
        for callee in callees
    )


def _rendered(finder: Finder, found: Registration, view: Made, klass: Klass) -> Iterator[Registration]:
    """``CustomView(methods=["GET", "POST"])``: one ``render`` for all of them."""
    methods = parameter_binding.of(view, finder.evaluator).get(_METHODS)
    render = finder.evaluator.class_attribute(klass, "render")
    if methods is not None and render is not None:
        names, problem = parameter_binding.methods(methods)
        for each in admin_classes.of_method(finder, found, klass, "render", names, render):
            yield replace(each, problem=problem)


_PATH = Slot(0, ("path",))
_FUNCTIONS = {
    "expose": Route(path=_PATH, deferred=True),
    "route": Route(path=_PATH, deferred=True),
    "action": Route(fixed=GET, path=Slot(0, ("name",)), deferred=True),
}

FRAMEWORK = Framework(
    name="sqladmin",
    titles=("SQLAdmin", "Starlette-Admin"),
    packages=("sqladmin", "starlette_admin"),
    methods={"add_view": Route(fixed=ANY, target=Slot(0, ("view",)), needs_path=False, strict=True)},
    functions=_FUNCTIONS,
    refine=_refine,
    tokens=("sqladmin", "starlette_admin"),
    local=frozenset({*_FUNCTIONS, "add_view"}),
)

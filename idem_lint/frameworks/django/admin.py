"""Django's admin: actions, and what a registered ``ModelAdmin`` has of its own; ``get_urls`` holds plain URL patterns.

Source: django/contrib/admin/options.py (``changelist_view`` runs the action that was posted, by function or by name;
``changeform_view`` and ``delete_view`` call the ``save_…`` and ``delete_…`` hooks), django/contrib/admin/sites.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from idem_lint.engine.constants import items
from idem_lint.engine.value_types import Const, Func, Klass, Value, options
from idem_lint.finding import runtime_adapters
from idem_lint.finding.interface import ANY, GET, POST, Framework, Registration, Route, Slot
from idem_lint.frameworks import admin_classes

if TYPE_CHECKING:
    from idem_lint.engine.parameter_binding import Arguments
    from idem_lint.finding.interface import Finder

_BOTH = GET | POST
_HOOKS = {
    **dict.fromkeys(("changelist_view", "changeform_view", "add_view", "change_view", "delete_view"), _BOTH),
    **dict.fromkeys(("save_model", "save_related", "save_formset", "delete_model", "delete_queryset"), POST),
}
_NO_PATH = Slot()


def _refine(finder: Finder, found: Registration, _given: Arguments) -> Iterator[Registration]:
    if found.written == "add_action":
        yield found
        return
    for klass in admin_classes.registered(finder, found):
        yield from admin_classes.hooks(finder, found, klass, _HOOKS)
        yield from _actions(finder, found, klass)


def _actions(finder: Finder, found: Registration, klass: Klass) -> Iterator[Registration]:
    """``actions = [approve, "reject"]``: functions, and methods by name."""
    value = finder.evaluator.class_attribute(klass, "actions")
    for action in _items(value) if value is not None else ():
        if isinstance(action, Const) and isinstance(action.value, str):
            method = finder.evaluator.class_attribute(klass, action.value)
            if method is not None:
                yield from admin_classes.of_method(finder, found, klass, action.value, POST, method)
        elif isinstance(finder.definition(action), Func):
            yield replace(found, target=action, methods=POST, evidence="explicit", below=None, deferred=True)


def _items(value: Value) -> Iterator[Value]:
    for option in options(value):
        for item in items(option):
            yield from options(item)


_REGISTER = Route(fixed=ANY, target=Slot(1, ("admin_class",)), path=_NO_PATH, needs_path=False, strict=True)
_METHODS = {
    "register": _REGISTER,
    "add_action": Route(
        fixed=POST, target=Slot(0, ("action",)), path=_NO_PATH, needs_path=False, strict=True
    ),
}

FRAMEWORK = Framework(
    name="django_admin",
    titles=("Django's admin",),
    adapter=runtime_adapters.DJANGO,
    packages=("django.contrib.admin", "django.contrib.gis.admin"),
    methods=_METHODS,
    functions=_METHODS,
    refine=_refine,
    tokens=(r"django\.contrib import admin", r"django\.contrib\.(?:gis\.)?admin"),
    local=frozenset(_METHODS),
)

"""Methods of Django's and REST framework's class views that answer other methods than POST.

Source: django/views/generic/base.py (``dispatch``), rest_framework/viewsets.py, rest_framework/mixins.py (``update`` calls
``perform_update``, ``destroy`` calls ``perform_destroy``). The handlers of POST are read in ``frameworks/django``.
"""

from __future__ import annotations

from collections.abc import Iterator

from idem_lint.engine.module_facts import Module
from idem_lint.engine.value_types import Applied, External, Func, Klass, options
from idem_lint.entry_points.interface import Entry, EntryTable
from idem_lint.finding.interface import Finder
from idem_lint.frameworks.django.view_verbs import permitted

_PACKAGES = ("django.views.", "django.contrib.", "rest_framework.", "rest_framework_", "adrf.")
_VERBS = {
    "get": "GET",
    "put": "PUT",
    "patch": "PATCH",
    "delete": "DELETE",
    "list": "GET",
    "retrieve": "GET",
    "update": "PUT",
    "perform_update": "PUT",
    "partial_update": "PATCH",
    "destroy": "DELETE",
    "perform_destroy": "DELETE",
}


def _methods(finder: Finder, module: Module, table: EntryTable) -> Iterator[Entry]:
    for node, scope in module.classes:
        klass = Klass(node, scope)
        own = [name for name in _VERBS if name in klass.body.bindings]
        if own and any(map(_is_a_view, finder.evaluator.mro(klass))):
            for name in own:
                yield from _answering(finder, klass, name, table)


def _answering(finder: Finder, klass: Klass, name: str, table: EntryTable) -> Iterator[Entry]:
    calls = finder.view_calls.get(klass.node, ())
    target = next((call.target for call in calls), None)
    methods = permitted(finder, klass, target, frozenset({_VERBS[name]}))
    value = finder.evaluator.class_attribute(klass, name)
    for option in options(value) if value is not None and methods else ():
        while isinstance(option, Applied):
            option = option.target
        if isinstance(option, Func):
            yield Entry(
                option, table, option.node, klass.module, klass, methods=methods, registrations=tuple(calls)
            )


def _is_a_view(base: Klass | External) -> bool:
    return (
        isinstance(base, External)
        and base.name.startswith(_PACKAGES)
        and base.name.endswith(("View", "ViewSet"))
    )


TABLES = (EntryTable("handler", "", words=frozenset(_VERBS), hook=_methods, framework="django"),)

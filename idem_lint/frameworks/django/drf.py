"""Django REST framework: ``@api_view``, class views and viewsets, and the routers that register them.

Its URL patterns are Django's. Source: rest_framework/decorators.py, rest_framework/routers.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from idem_lint.engine.module_facts import terminal
from idem_lint.engine.parameter_binding import Arguments
from idem_lint.engine.value_types import External, Made, options
from idem_lint.finding import runtime_adapters
from idem_lint.finding.interface import ANY, Framework, Prefixes, Registration, Route, Slot, View
from idem_lint.finding.prefix_tables import UNSAID, rooted
from idem_lint.finding.router_includes import texts
from idem_lint.frameworks.django.class_views import is_view_class, of_call, view_hook
from idem_lint.frameworks.django.drf_viewsets import collection
from idem_lint.frameworks.django.framework import described, of_package
from idem_lint.frameworks.django.url_prefixes import joined

if TYPE_CHECKING:
    from idem_lint.finding.interface import Finder

_NONE = Slot()


def refine(finder: Finder, found: Registration, given: Arguments) -> Iterator[Registration]:
    """A function below ``@api_view``, or a viewset that a router is given."""
    if found.written == "api_view":
        yield from described(finder, found)
        return
    found = replace(found, route=collection(finder, found))
    for option in options(found.target):
        klass = finder.view_class(option)
        if klass is not None and not is_view_class(finder, klass):
            yield from of_call(finder, klass, replace(found, target=klass))
        elif isinstance(option, External):
            yield from of_package(finder, found, option)
        else:
            yield replace(found, target=option)


def _nested(given: Arguments) -> tuple[str, ...]:
    """The prefix of a router below another's collection: ``accounts/{account_pk}/``."""
    collections, lookup = texts(given.get(Slot(1)), given), texts(given.get(Slot(2, ("lookup",))), given)
    parent = given.get(Slot(0))
    is_deeper = isinstance(parent, Made) and terminal(parent.call.func).startswith("Nested")
    above = f"{UNSAID}/" if is_deeper or not isinstance(parent, Made) else ""
    return tuple(f"{above}{name}/{{{word}_pk}}/" for name in collections for word in lookup)


FRAMEWORK = Framework(
    name="drf",
    titles=("Django REST framework",),
    adapter=runtime_adapters.DJANGO,
    packages=(
        "rest_framework",
        "rest_framework_nested",
        "rest_framework_extensions",
        "adrf",
        # Their views and viewsets are named by REST framework's scheme.
        "rest_framework_bulk",
        "rest_framework_json_api",
        "rest_framework_mongoengine",
        "rest_flex_fields",
        "drf_rw_serializers",
        "dynamic_rest",
    ),
    methods={
        "register": Route(
            target=Slot(1, ("viewset",)), path=Slot(0, ("prefix",)), methods=_NONE, default=ANY, strict=True
        ),
    },
    functions={"api_view": Route(path=_NONE, needs_path=False, deferred=True)},
    views=(View(bases=("*View", "*ViewSet", "ViewSetMixin", "ObtainAuthToken"), handlers={}),),
    view_hook=view_hook,
    refine=refine,
    tokens=(
        "rest_framework",
        r"rest_framework_\w+",
        "adrf",
        "rest_flex_fields",
        "drf_rw_serializers",
        "dynamic_rest",
    ),
    local=frozenset({"register"}),
    prefixes=Prefixes(
        own=dict.fromkeys(("NestedSimpleRouter", "NestedDefaultRouter"), _nested),
        join=joined,
        finish=rooted,
        by_module=True,
    ),
)

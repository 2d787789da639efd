"""The views of a project as its URLconf has them, for the checks of start-up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.urls import URLPattern
from django.urls.resolvers import LocalePrefixPattern

from idem_runtime.adapters.django.request import plain_route
from idem_runtime.adapters.django.views import EVERY, Answering, answers, is_a_frameworks
from idem_runtime.errors import ConfigurationError
from idem_runtime.startup.required_marks import SAFE
from idem_runtime.startup.route_checks import Endpoint

ABOVE = (
    "{route} ({name}): @money_moving stands above REST framework's authentication: a 401 would be recorded, and replayed "
    "to the caller who then logs in: put it on the method (post, create, an @action), or directly above def, below @api_view"
)


def endpoints(resolver: Any) -> Iterator[Endpoint]:
    """Each function that answers a route, once for all spellings of the route (format suffix, language).

    :raises ConfigurationError: a mark stands above REST framework's authentication.
    """
    known: set[tuple[str, int, frozenset[str]]] = set()
    for route, answering in rows(resolver):
        if answering.above and answering.mark is not None:
            raise ConfigurationError(ABOVE.format(route=plain_route(route), name=_name(answering)))
        methods = frozenset({EVERY}) if answering.methods is None else answering.methods - SAFE
        row = (plain_route(route), id(answering.function), methods)
        if methods and row not in known and not answering.part and _is_the_applications(answering):
            known.add(row)
            yield Endpoint(row[0], methods, answering.function, name=_name(answering))


def rows(resolver: Any) -> Iterator[tuple[str, Answering]]:
    """Each route as Django has it, with each function that answers it."""
    for route, view in _patterns(resolver, ""):
        for answering in answers(view):
            yield route, answering


def _patterns(resolver: Any, before: str) -> Iterator[tuple[str, Any]]:
    for pattern in resolver.url_patterns:
        own = "" if isinstance(pattern.pattern, LocalePrefixPattern) else str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            yield before + own, pattern.callback
        else:
            yield from _patterns(pattern, before + own)


def _name(answering: Answering) -> str | None:
    owner = answering.owner
    return None if owner is None else f"{owner.__module__}.{owner.__qualname__}"


def _is_the_applications(answering: Answering) -> bool:
    """The admin's own views, and those of API documentation, are not the application's to mark."""
    return not is_a_frameworks(answering.owner or answering.function)

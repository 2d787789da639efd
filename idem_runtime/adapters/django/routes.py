"""The views of a project as its URLconf has them, for the checks of start-up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.urls import URLPattern
from django.urls.resolvers import LocalePrefixPattern

from idem_runtime.adapters.django.request import plain_route
from idem_runtime.adapters.django.views import EVERY, Answering, answers
from idem_runtime.errors import ConfigurationError
from idem_runtime.startup.required_marks import SAFE
from idem_runtime.startup.route_checks import Endpoint

FRAMEWORKS = ("django", "rest_framework", "ninja", "ninja_extra")
"""Whose own views (the admin's, API documentation) are not the application's to mark."""


ABOVE = (
    "{route} ({name}): @money_moving stands above REST framework's authentication: a 401 would be recorded, and replayed "
    "to the caller who then logs in: put it on the method (post, create, an @action), or directly above def, below @api_view"
)


def endpoints(resolver: Any) -> Iterator[Endpoint]:
    """Each function that answers a route, once for all spellings of the route (format suffix, language).

    :raises ConfigurationError: a mark stands above REST framework's authentication.
    """
    known: set[tuple[str, int, frozenset[str]]] = set()
    for route, view in _patterns(resolver, ""):
        for answering in answers(view):
            if answering.above and answering.mark is not None:
                raise ConfigurationError(ABOVE.format(route=plain_route(route), name=_name(answering)))
            methods = frozenset({EVERY}) if answering.methods is None else answering.methods - SAFE
            row = (plain_route(route), id(answering.function), methods)
            if methods and row not in known and not answering.part and _is_the_applications(answering):
                known.add(row)
                yield Endpoint(row[0], methods, answering.function, name=_name(answering))


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
    written = answering.owner or answering.function
    return str(getattr(written, "__module__", "")).partition(".")[0] not in FRAMEWORKS

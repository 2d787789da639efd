"""Holds the routes that the linter says against those that the frameworks serve."""

from __future__ import annotations

import re
from collections.abc import Iterable

from idem_lint.finding.prefix_tables import UNSAID
from tests.lint.oracles import Truth

# Routes that are said and not served: a router class of the case's own changes its paths, a classy controller is made
# once per prefix and each of its methods served below one of them, and a Cornice resource's class has two patterns.
KNOWN = frozenset(
    {
        "django/assembled_urls wallet/views.py:67 …/v…/…",
        "django/assembled_urls wallet/views.py:71 …/v…/…",
        "drf/routers savings/api.py:10 …/pots/",
        *(
            f"fastapi/class_based wallet/controllers.py:{at} {route}"
            for at, route in (
                (44, "/open"),
                (44, "/savings/open"),
                (48, "/close"),
                (48, "/savings/close"),
                (51, "/merge"),
                (51, "/savings/merge"),
                (58, "/close"),
                (58, "/wallet/close"),
                (61, "/sweep"),
                (61, "/wallet/sweep"),
            )
        ),
        "flask/project_routers wallet/views.py:12 /wallet/transfers",
        "pyramid/cornice_service wallet/views.py:44 /wallet/cards/{id}",
    }
)

# What a parameter's own pattern or type may look like is the framework's affair: ``{id:\d+}``, ``(?P<id>[^/.]+)``.
_NAMED_GROUP = re.compile(r"\(\?P<(\w+)>(?:[^()\[\]]|\[[^\]]*\]|\([^()]*\))*\)")
_TYPED = re.compile(
    r"[{<](?:[^{}<>:]*:)?\s*(\w+)\s*[}>]|\{(\w+)[:*][^{}]*(?:\{[^{}]*\}[^{}]*)*\}|<(\w+):[^<>]*>"
)


def plain(route: str) -> str:
    """A route with its parameters as ``{name}``, however the framework writes them."""
    named = _NAMED_GROUP.sub(r"{\1}", route)
    return _TYPED.sub(lambda match: "{" + (match[1] or match[2] or match[3]) + "}", named)


def agrees(said: str, served: Iterable[str]) -> bool:
    """Whether a route is one of those served; ``…`` stands for anything."""
    parts = re.split(f"(/?{UNSAID})", plain(said))
    pattern = "".join(".*" if part.endswith(UNSAID) else re.escape(part) for part in parts)
    return any(re.fullmatch(pattern, plain(route)) for route in served)


def wrong(said: Truth, truth: Truth) -> list[str]:
    """The routes that the framework does not serve."""
    return [route for route in said.routes if truth.routes and not agrees(route, truth.routes)]

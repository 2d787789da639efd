"""The routes of an aiohttp application, those of its sub-applications too."""

from __future__ import annotations

import inspect
from collections.abc import Generator

from aiohttp import hdrs, web

from idem_runtime.startup.route_checks import Endpoint


def applications(app: web.Application, host: str = "") -> Generator[tuple[web.Application, str], None, None]:
    """``app`` and every sub-application below it, with the host of the requests that reach it (``add_domain``)."""
    yield app, host
    for resource in app.router.resources():
        info = resource.get_info()
        if "app" in info:
            yield from applications(info["app"], info["rule"].canonical if "rule" in info else host)


def walk(app: web.Application) -> Generator[tuple[web.AbstractRoute, Endpoint], None, None]:
    """Every route below ``app``, and what is known of it."""
    for below, host in applications(app):
        for resource in below.router.resources():
            for route in () if "app" in resource.get_info() else resource:
                yield route, Endpoint(resource.canonical, _methods(route), route.handler, host=host)


def _methods(route: web.AbstractRoute) -> frozenset[str] | None:
    """What it answers; ``None``: everything."""
    if route.method != hdrs.METH_ANY:
        return frozenset({route.method})
    if not inspect.isclass(route.handler):
        return None
    return frozenset(method for method in hdrs.METH_ALL if hasattr(route.handler, method.lower()))

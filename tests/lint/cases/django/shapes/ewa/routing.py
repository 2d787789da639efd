from __future__ import annotations

from django.urls import URLPattern, path
from django.urls import path as url
from django.views.decorators.http import require_POST

from ewa import handlers


def ewa_routes(prefix: str) -> list[URLPattern]:
    routes: list[URLPattern] = []
    add(routes, prefix + "request/", handlers.request_advance)
    add(routes, f"{prefix}disburse/", handlers.disburse, restrict=True)
    routes.append(url(prefix + "status/", handlers.status))
    return routes


def add(routes: list[URLPattern], route: str, view, restrict: bool = False) -> None:
    routes.append(path(route, require_POST(view) if restrict else view))

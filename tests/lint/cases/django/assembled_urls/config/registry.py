from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.views.decorators.http import require_GET, require_POST

from wallet import views

View = Callable[[HttpRequest], HttpResponse]


def post(route: str, view: View) -> URLPattern:
    return path(route, require_POST(view))


TABLE: list[tuple[str, View]] = [
    ("credit", views.credit),
    ("debit", require_POST(views.debit)),
    ("entries", require_GET(views.entries)),
]

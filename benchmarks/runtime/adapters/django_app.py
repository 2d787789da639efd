"""Django, a sync function view and one of REST framework, on Django's own connection; called by WSGI without a network.

The bare view commits with ``transaction.atomic()``, and the connection stays open (``CONN_MAX_AGE``), as with ours.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager, nullcontext
from typing import Any

import django
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest, JsonResponse
from django.urls import path
from psycopg.conninfo import conninfo_to_dict

from benchmarks.runtime.adapters import wsgi
from benchmarks.runtime.adapters.asked import TRANSFER, UNMARKED, WayOf, bare_ways, our_ways
from benchmarks.runtime.bank import transfer
from benchmarks.runtime.worker import Way
from idem_runtime import Idempotency, money_moving

Views = Callable[[Any], Mapping[str, Any]]
"""The views by path, of a decorator for the one that moves money."""


def transferred(atomic: Any) -> dict[str, str]:
    """The transfer by Django's cursor, in what ``atomic`` gives."""
    from django.db import connection

    with atomic(), connection.cursor() as cursor:
        return {"receipt": transfer(cursor)}


def function_views(mark: Any, atomic: Any) -> Mapping[str, Any]:
    """Django's own."""

    def unmarked(_request: HttpRequest) -> JsonResponse:
        return JsonResponse({"answer": "nothing"})

    @mark
    def transfer_view(_request: HttpRequest) -> JsonResponse:
        return JsonResponse(transferred(atomic))

    return {UNMARKED: unmarked, TRANSFER: transfer_view}


def rest_views(mark: Any, atomic: Any) -> Mapping[str, Any]:
    """REST framework's: the body is parsed, the answer is rendered."""
    from rest_framework.response import Response
    from rest_framework.views import APIView

    class Bare(APIView):
        authentication_classes = permission_classes = ()

    class Unmarked(Bare):
        def post(self, request: Any) -> Response:
            return Response({"answer": request.data["amount"]})

    class Transfer(Bare):
        @mark
        def post(self, request: Any) -> Response:
            assert request.data["amount"] == 1
            return Response(transferred(atomic))

    return {UNMARKED: Unmarked.as_view(), TRANSFER: Transfer.as_view()}


def set_up(dsn: str, **more: Any) -> None:
    """Begin: once for a process."""
    said = conninfo_to_dict(dsn)
    database = {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": said["dbname"],
        "USER": said["user"],
        "HOST": said["host"],
        "PORT": str(said["port"]),
        "CONN_MAX_AGE": None,
        "OPTIONS": {"sslmode": "disable", "gssencmode": "disable"},
    }
    settings.configure(
        ALLOWED_HOSTS=["*"],
        DATABASES={"default": database},
        USE_TZ=True,
        LOGGING_CONFIG=None,
        REST_FRAMEWORK={"UNAUTHENTICATED_USER": None},
        **more,
    )
    django.setup()


@contextmanager
def without(dsn: str, views: Any) -> Generator[Mapping[str, Way]]:
    """The project without us."""
    from django.db import transaction

    set_up(dsn, INSTALLED_APPS=[], MIDDLEWARE=[])
    with serving(views(lambda view: view, transaction.atomic)) as way:
        yield bare_ways(way)


@contextmanager
def protected(dsn: str, views: Any) -> Generator[Mapping[str, Way]]:
    """The project with us installed; Django's ``atomic`` is left out, because ours is there."""
    idem = Idempotency(using="default", principal=lambda request: request.headers["x-tenant"])
    app = "idem_runtime.adapters.django"
    set_up(
        dsn,
        INSTALLED_APPS=[app],
        MIDDLEWARE=[f"{app}.IdempotencyMiddleware"],
        IDEM_GUARD={"IDEMPOTENCY": idem},
    )
    with serving(views(money_moving, nullcontext)) as way:
        yield our_ways(way)
    idem.close()


@contextmanager
def serving(views: Mapping[str, Any]) -> Generator[WayOf]:
    """The project with these views."""
    from django.db import connections
    from django.test import override_settings

    patterns = [path(route.removeprefix("/"), view) for route, view in views.items()]
    with override_settings(ROOT_URLCONF=type("urls", (), {"urlpatterns": patterns})):
        handler = WSGIHandler()
        yield lambda route, key: wsgi.way(handler, route, key)
        connections.close_all()


def plain(dsn: str) -> Any:
    """A function view without us."""
    return without(dsn, function_views)


def ours(dsn: str) -> Any:
    """A function view with the mark."""
    return protected(dsn, function_views)


def rest_plain(dsn: str) -> Any:
    """A view of REST framework without us."""
    return without(dsn, rest_views)


def rest_ours(dsn: str) -> Any:
    """A view of REST framework with the mark."""
    return protected(dsn, rest_views)

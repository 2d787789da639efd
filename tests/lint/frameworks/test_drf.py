"""What the case folders of REST framework do not show: routers and maps that are partly known, the action's older names."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lint.frameworks.sources import handlers, undecided

URLS = """
from django.urls import include, path
from rest_framework import routers, viewsets
from rest_framework.decorators import action, api_view
from idem_runtime import money_moving

router = routers.SimpleRouter()
urlpatterns = router.urls
"""

FOUND = {
    "nested registration": (
        URLS
        + """
class Users(viewsets.ModelViewSet): ...

class Groups(viewsets.GenericViewSet):
    def create(self, request): ...

router.register("users", Users).register("groups", Groups, parents_query_lookups=["user"])
""",
        ["Users POST", "Groups.create POST"],
    ),
    "a viewset that is extended and registered": (
        URLS
        + """
class Base(viewsets.ViewSet):
    def create(self, request): ...

class Pay(Base): ...

router.register("base", Base)
router.register("pay", Pay)
""",
        ["Base.create POST", "Pay POST"],
    ),
    "a map that is partly known": (
        URLS
        + """
import settings

class Pay(viewsets.ViewSet):
    def create(self, request): ...

    def settle(self, request): ...

class Refund(viewsets.ViewSet):
    def refund(self, request): ...

    def create(self, request): ...

urlpatterns += [path("a", Pay.as_view(settings.MAP)), path("b", Refund.as_view({"post": "refund", **settings.MAP}))]
""",
        ["Pay.create POST", "Refund.refund POST"],
    ),
    "an action with a list from elsewhere": (
        URLS
        + """
import settings

class Pay(viewsets.ViewSet):
    @action(methods=settings.METHODS, detail=True)
    def settle(self, request): ...

    @action(methods=["get"], detail=settings.DETAIL)
    def shown(self, request): ...

router.register("pay", Pay)
""",
        ["Pay.settle POST"],
    ),
    "the older names of actions": (
        URLS
        + """
from rest_framework.decorators import detail_route, list_route

class Pay(viewsets.ViewSet):
    @detail_route(methods=["post"])
    def settle(self, request, pk): ...

    @list_route(methods=["post"])
    def sweep(self, request): ...

    @list_route()
    def listed(self, request): ...

    @list_route
    def bare(self, request): ...

router.register("pay", Pay)
""",
        ["Pay.settle POST", "Pay.sweep POST"],
    ),
    "a router with routes of its own": (
        URLS
        + """
import settings

class Commands(routers.SimpleRouter):
    routes = [
        routers.Route("{prefix}", {"post": "submit", settings.VERB: "other"}, "list", False, {}),
        routers.DynamicRoute(url="{prefix}", name="x", detail=settings.DETAIL, initkwargs={}),
        settings.ROUTE,
    ]

class Computed(routers.SimpleRouter):
    routes = [*routers.SimpleRouter.routes, settings.ROUTE]

class Pay(viewsets.ViewSet):
    def submit(self, request): ...

    def create(self, request): ...

    @action(methods=["post"], detail=True)
    def settle(self, request): ...

class Refund(viewsets.ViewSet):
    def create(self, request): ...

commands, computed = Commands(), Computed()
commands.register("pay", Pay)
computed.register("refund", Refund)
""",
        ["Pay.submit POST", "Pay.settle POST", "Refund.create POST"],
    ),
    "a viewset of a package": (
        URLS
        + """
from bulk.mixins import BulkCreateModelMixin
from bulk.viewsets import ShopViewSet

class Pay(ShopViewSet):
    def create(self, request): ...

class Refund(BulkCreateModelMixin, viewsets.GenericViewSet): ...

router.register("pay", Pay)
router.register("refund", Refund)
""",
        ["Pay.create POST", "Refund POST"],
    ),
    "mapping of an action that the class does not have": (
        URLS
        + """
class Pay(viewsets.ViewSet):
    @action(detail=True)
    def report(self, request): ...

    @report.mapping.post
    def schedule(self, request): ...

    @shared.mapping.post
    def other(self, request): ...

    report = None

router.register("pay", Pay)
""",
        ["Pay.other POST"],
    ),
    "an action below a decorator of the project": (
        URLS
        + """
import functools

def audited(view):
    @functools.wraps(view)
    def inner(*args):
        return view(*args)
    return inner

class Pay(viewsets.ViewSet):
    @audited
    @action(detail=False, methods=["post"])
    @money_moving
    def sweep(self, request): ...

router.register("pay", Pay)
""",
        ["Pay.sweep POST !"],
    ),
    "each of several ways in has its own mark": (
        URLS
        + """
from django.utils.decorators import method_decorator

class Reversible:
    @action(methods=["post"], detail=True)
    @money_moving
    def reverse(self, request): ...

class A(Reversible, viewsets.ModelViewSet): ...

class B(Reversible, viewsets.GenericViewSet): ...

@method_decorator(money_moving, name="create")
class C(Reversible, viewsets.ModelViewSet):
    def list(self, request): ...

    @action(methods=["post"], detail=True)
    def settle(self, request): ...

@method_decorator(money_moving, name="update")
class D(viewsets.ModelViewSet):
    @action(methods=["post"], detail=True)
    def settle(self, request): ...

for prefix, viewset in {"a": A, "b": B, "c": C, "d": D}.items():
    router.register(prefix, viewset)
""",
        ["A POST", "B POST !", "C POST !", "C.settle POST", "D POST ?", "D.settle POST"],
    ),
    "views without a router in sight": (
        """
from rest_framework.generics import CreateAPIView
from rest_framework.viewsets import ModelViewSet
from rest_framework.decorators import api_view

class Pay(ModelViewSet):
    http_method_names = ["get"]

class Refund(ModelViewSet): ...

class New(CreateAPIView):
    def create(self, request): ...

@api_view(["GET", "POST"])
def listed(request): ...

@api_view()
def shown(request): ...
""",
        ["Refund POST", "New.create POST", "listed GET,POST"],
    ),
}


@pytest.mark.parametrize(("source", "expected"), FOUND.values(), ids=FOUND.keys())
def test_handlers_found(source: str, expected: list[str], tmp_path: Path) -> None:
    assert handlers(source, tmp_path) == expected


def test_a_viewset_that_cannot_be_told_is_said(tmp_path: Path) -> None:
    source = (
        URLS
        + """
from devices import DeviceViewSet
from rest_framework.viewsets import ReadOnlyModelViewSet

router.register("a", DeviceViewSet)
router.register("b", made("card"))
router.register("c", ReadOnlyModelViewSet)
"""
    )
    assert undecided(source, tmp_path) == [
        "router.register: whether `devices.DeviceViewSet` answers POST is not known from the source",
        "router.register: its handler cannot be told from the source",
    ]

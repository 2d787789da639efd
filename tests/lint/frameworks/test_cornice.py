"""Cornice: resources that are added by call, views that are named."""

from __future__ import annotations

from pathlib import Path

from tests.lint.frameworks.projects import handlers_of, inventory_of

SOURCE = """
from cornice import Service
from cornice.resource import add_resource

service = Service("pay", "/pay")
NOTHING = object()


class Cards:
    def __init__(self, request, context=None):
        self.request = request

    def collection_post(self):
        return {}

    def get(self):
        return {}


class Desk:
    def open(self):
        return {}


def refund(request):
    return {}


add_resource(Cards, collection_path="/cards", path="/cards/{id}")
add_resource(NOTHING, path="/nothing")
service.add_view("POST", "open", klass=Desk)
service.add_view("POST", refund)
service.add_view("GET", Cards)
"""


def test_resources_and_views_that_are_added_by_call(tmp_path: Path) -> None:
    found = handlers_of(tmp_path, {"app.py": SOURCE})
    assert found == {"Cards.collection_post": "POST", "Desk.open": "POST", "refund": "POST"}


REGISTERED = """
from cornice import Service


def register(**options):
    def wrapped(resource):
        register_resource(resource, **options)
        return resource

    return wrapped


def register_resource(resource, viewset=None, **options):
    viewset = viewset or resource.viewset(**options)

    def made(kind):
        service = Service(kind, viewset.path(kind))
        for method in getattr(viewset, f"{kind}_methods"):
            service.add_view(method, viewset.view(kind, method.lower()), klass=resource, **options)
        return service

    return made("plural"), made("object")


class Resource:
    def plural_post(self): ...

    def plural_get(self): ...


@register(name="bucket")
class Buckets(Resource):
    def object_post(self): ...

    def posture(self): ...


@register(name="reading")
class Readings:
    def plural_get(self): ...


def direct(settings):
    service = Service("pay", "/pay")
    service.add_view("POST", settings.view, klass=settings.resource)
    service.add_view("POST", settings.view)
"""


def test_a_class_whose_view_is_named_when_the_program_runs_is_undecided(tmp_path: Path) -> None:
    found = inventory_of(tmp_path, {"app.py": REGISTERED})
    assert not found.handlers
    assert sorted(each.qualname for each in found.undecided) == [
        "Buckets",
        "Buckets.object_post",
        "service.add_view",
        "service.add_view",
    ]

"""Cornice: resources that are added by call, views that are named."""

from __future__ import annotations

from pathlib import Path

from tests.lint.frameworks.projects import handlers_of

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

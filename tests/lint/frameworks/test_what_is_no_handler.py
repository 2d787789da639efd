"""What stands where a handler is expected and is none, or cannot be read: it is passed over, and its neighbours are found."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lint.frameworks.annotated import check_source, sources
from tests.lint.frameworks.projects import inventory_of

TABLE = """
### Django's admin: what is no class, no method and no function of the project
from bank_admin import audit
from django.contrib import admin
from wallet.models import Payout, Transfer

class TransferAdmin(admin.ModelAdmin):
    actions = [audit, "approve"]
    save_model = None
    delete_model = audit

    def approve(self, request, queryset):  # found
        return None

def build(request):
    return None

admin.site.register(Transfer, TransferAdmin)
admin.site.register(Payout, build)

--- wallet/models.py
Payout = Transfer = None

### Django REST framework: a verb that a router takes from elsewhere
from copy import deepcopy
from bank_verbs import VERB
from rest_framework import viewsets
from rest_framework.routers import DefaultRouter

class Settling(DefaultRouter):
    routes = deepcopy(DefaultRouter.routes)
    routes[2].mapping.update({VERB: "skip", "post": "settle"})

class Entries(viewsets.GenericViewSet):
    def settle(self, request, pk):  # found
        return None

    def skip(self, request, pk):
        return None

router = Settling()
router.register("entries", Entries)
urlpatterns = router.urls

### Tastypie: a name that stands for no method
from django.urls import re_path
from tastypie.resources import Resource

class Desk(Resource):
    fees = None

    def prepend_urls(self):
        return [
            re_path("^fees/$", self.wrap_view("fees")),
            re_path("^pay/$", self.wrap_view("pay")),
        ]

    def pay(self, request, **kwargs):  # found
        return None

### Wagtail: a method that cannot be read, and a route outside a page
from bank_methods import METHOD
from wagtail.contrib.routable_page.models import path
from wagtail.models import Page

class Listed(Page):
    allowed_http_methods = ["GET", METHOD]

    def serve(self, request):  # found
        return None

@path("pay/")
def pay(page, request):  # found
    return None

### fastapi-class: a function is no view
from fastapi import APIRouter
from fastapi_class import View

router = APIRouter()

@View(router, path="/wallet")
class Wallet:
    def post(self, amount: int): ...  # found

@View(router, path="/pay")
def pay(amount: int): ...

### web.py: numbers among the classes, and a class that only shows something
import web

class Transfers:
    def POST(self): ...  # found

class Balance:
    def GET(self): ...

app = web.application(("/transfers", "Transfers", "/balance", "Balance", "/nothing", 0), globals())
"""


@pytest.mark.parametrize("source", sources(TABLE))
def test_what_is_no_handler_is_passed_over(source: str, tmp_path: Path) -> None:
    check_source(source, tmp_path)


VIEWSET = """
from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.routers import DefaultRouter

class Entries(viewsets.GenericViewSet):
    {}

    @action(detail=True, methods=["post"])
    def settle(self, request, number): ...

router = DefaultRouter()
router.register("entries", Entries)
urlpatterns = router.urls
"""


@pytest.mark.parametrize(
    ("attribute", "parameter"),
    [
        ("lookup_field = 'number'", "{number}"),
        ("lookup_url_kwarg = 'entry'", "{entry}"),
        ("lookup_url_kwarg = None", "{pk}"),
    ],
)
def test_the_route_of_a_viewset_says_what_tells_its_records_apart(
    attribute: str, parameter: str, tmp_path: Path
) -> None:
    (handler,) = inventory_of(tmp_path, {"urls.py": VIEWSET.format(attribute)}).handlers
    assert handler.route is not None
    assert f"/{parameter}/settle" in handler.route

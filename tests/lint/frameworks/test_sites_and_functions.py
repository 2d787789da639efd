"""Administration sites, content systems and functions in the cloud.

What each answers, and where it runs a mark, is read from its source, which the framework's file names; nothing here was
sent a request. The sites and functions that are (Flask-Admin, SQLAdmin, Functions Framework and others) have cases and
positions of their own.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from idem_lint.running.project_run import check
from idem_lint.settings.config import Config
from tests.lint.frameworks.annotated import check_source, sources

FUNCTIONS = """
### Firebase: a request is answered whatever its method, a call is a POST; every decorator runs
from firebase_functions import https_fn
from idem_runtime import money_moving

@https_fn.on_request()
def payout(request):  # found
    return https_fn.Response("paid")

@money_moving
@https_fn.on_call(region="europe-west1")
def refund(request):  # found: money_moving
    return {}

### Modal: a mark above the endpoint is not what the endpoint calls
import modal
from idem_runtime import money_moving

app = modal.App("wallet")

@app.function()
@modal.fastapi_endpoint(method="POST")
@money_moving
def pay(item: dict):  # found: money_moving
    return item

@app.function()
@money_moving
@modal.web_endpoint(method="POST")
def refund(item: dict):  # idle
    return item

@app.function()
@modal.fastapi_endpoint()
def balance():
    return {}

@app.cls()
class Desk:
    @modal.fastapi_endpoint(method="POST", docs=True)
    def payout(self, item: dict):  # found
        return item

    @modal.method()
    def settle(self, item):
        return item

### Odoo: every method unless given; a JSON route takes a call
from odoo import http
from odoo.http import Controller, route
from idem_runtime import money_moving

class Pay(http.Controller):
    @http.route("/pay", type="json", auth="user")
    def pay(self, **values):  # found
        return {}

    @money_moving
    @http.route(["/refund", "/return"], type="http", methods=["POST"], csrf=False)
    def refund(self, **values):  # found: money_moving
        return ""

    @http.route("/list", type="http", methods=["GET"])
    def entries(self, **values):
        return ""

class Extended(Controller):
    @route()
    def settle(self, **values):  # found
        return ""

### Frappe: methods are the third argument; what stands above is another function, which nobody may call
import frappe
from idem_runtime import money_moving

@frappe.whitelist()
def pay(amount):  # found
    return amount

@frappe.whitelist(True, False, ["POST"])
@money_moving
def refund(amount):  # found: money_moving
    return amount

@money_moving
@frappe.whitelist(methods=["POST"])
def close(amount):  # idle
    return amount

@frappe.whitelist(methods=["GET"])
def balance():
    return 0
"""

ADMINS = """
### Django: actions by function and by name, what the forms call, own views, another site
from django.contrib import admin
from django.contrib.admin import AdminSite
from django.http import HttpResponse
from django.urls import path
from idem_runtime import money_moving
from import_export.admin import ImportExportModelAdmin
from wallet.models import Payout, Transfer

@admin.action(description="approve")
def approve(modeladmin, request, queryset):  # found
    return None

@money_moving
@admin.action(description="pay")
def pay(modeladmin, request, queryset):  # found: money_moving
    return None

@admin.action(description="nobody lists it")
def unlisted(modeladmin, request, queryset):
    return None

@admin.register(Transfer)
class TransferAdmin(ImportExportModelAdmin):
    actions = [approve, "reject", pay, "missing"]

    def reject(self, request, queryset):  # found
        return None

    def save_model(self, request, obj, form, change):  # found
        super().save_model(request, obj, form, change)

    def get_queryset(self, request):
        return super().get_queryset(request)

    def get_urls(self):
        return [path("desk/", self.admin_site.admin_view(self.desk)), *super().get_urls()]

    def desk(self, request):  # found
        return HttpResponse()

bank = AdminSite(name="bank")

class PayoutAdmin(admin.ModelAdmin):
    def changelist_view(self, request, extra_context=None):  # found
        return super().changelist_view(request, extra_context)

bank.register(Payout, PayoutAdmin)

def settle(modeladmin, request, queryset):  # found
    return None

admin.site.add_action(settle, "settle")
admin.site.register(Transfer)

class Unregistered(admin.ModelAdmin):
    actions = ["reject"]

    def reject(self, request, queryset):
        return None

--- wallet/models.py
Payout = Transfer = None

### Starlette-Admin: actions, routes and rendered pages of views that are added
from starlette_admin import BaseAdmin, CustomView, action, row_action
from starlette_admin.contrib.sqla import Admin, ModelView
from idem_runtime import money_moving

admin = Admin(None)

class TransferView(ModelView):
    @action(name="approve", text="Approve")
    async def approve(self, request, keys):  # found
        return "done"

    @row_action(name="pay", text="Pay")
    @money_moving
    async def pay(self, request, key):  # found: money_moving
        return "done"

    async def create(self, request, data):  # found
        return await super().create(request, data)

    def can_create(self, request):
        return True

class Payouts(CustomView):
    async def render(self, request, templates):  # found
        return templates.TemplateResponse(request, "payouts.html")

class Rates(CustomView):
    async def render(self, request, templates):
        return templates.TemplateResponse(request, "rates.html")

class Unadded(ModelView):
    @action(name="approve", text="Approve")
    async def approve(self, request, keys):
        return "done"

admin.add_view(TransferView(object))
admin.add_view(Payouts(label="Payouts", path="/payouts", methods=["GET", "POST"]))
admin.add_view(Rates(label="Rates", path="/rates"))
"""

CONTENT = """
### Wagtail: pages, their routes and forms
from http import HTTPMethod

from django.http import HttpResponse
from django.views.decorators.http import require_POST
from idem_runtime import money_moving
from wagtail.contrib.forms.models import AbstractEmailForm, AbstractForm
from wagtail.contrib.routable_page.models import RoutablePageMixin, path, re_path, route
from wagtail.models import Page

class WalletPage(RoutablePageMixin, Page):
    @path("pay/")
    @money_moving
    def pay(self, request):  # found: money_moving
        return HttpResponse()

    @money_moving
    @re_path("^refund/$")
    def refund(self, request):  # idle
        return HttpResponse()

    @route("^settle/$")
    @require_POST
    def settle(self, request):  # found
        return HttpResponse()

class Statements(RoutablePageMixin, Page):
    allowed_http_methods = [HTTPMethod.GET, "HEAD"]

    @path("month/")
    def month(self, request):
        return HttpResponse()

    def serve(self, request):
        return HttpResponse()

class Listed(Page):
    allowed_http_methods = METHODS

    def serve(self, request):  # found
        return HttpResponse()

class Shown(Page):
    intro = ""

class Donation(AbstractForm):  # found
    intro = ""

class Deposit(AbstractEmailForm):
    def process_form_submission(self, form):  # found
        return None

class Own(AbstractForm):
    @money_moving
    def serve(self, request):  # found: money_moving
        return super().serve(request)

### Tastypie: what a resource has of its own, what its model's would do, what its URLs name
from django.urls import re_path
from idem_runtime import money_moving
from tastypie.authorization import Authorization
from tastypie.resources import ModelResource, Resource
from wallet.models import Transfer

class TransferResource(ModelResource):
    class Meta:
        allowed_methods = ["get", "post"]

    def obj_create(self, bundle, **kwargs):  # found
        return bundle

class PayoutResource(ModelResource):  # found
    class Meta:
        queryset = Transfer.objects.all()
        authorization = Authorization()

class EntryResource(ModelResource):
    class Meta:
        queryset = Transfer.objects.all()
        authorization = Authorization()
        list_allowed_methods = ["get"]
        detail_allowed_methods = ["get"]

class ReadResource(ModelResource):
    class Meta:
        queryset = Transfer.objects.all()

class DeskResource(Resource):
    def prepend_urls(self):
        name = "rates"
        return [
            re_path("^pay/$", self.wrap_view("pay")),
            re_path("^refund/$", self.wrap_view("refund")),
            re_path("^rates/$", self.wrap_view(name)),
            re_path("^missing/$", self.wrap_view("missing")),
            re_path("^computed/$", self.wrap_view(self.computed)),  # undecided
        ]

    @money_moving
    def post_list(self, request, **kwargs):  # found: money_moving
        return None

    def obj_create(self, bundle, **kwargs):
        return bundle

    def post_detail(self, request, **kwargs):  # found
        return None

    def pay(self, request, **kwargs):  # found
        self.method_check(request, allowed=["post"])
        return None

    def refund(self, request, **kwargs):  # found
        return None

    def rates(self, request, **kwargs):
        self.method_check(request, allowed=["get"])
        return None

--- wallet/models.py
Transfer = None
"""

DJANGO = """
### a router that changes REST framework's routes
from copy import deepcopy
from rest_framework import mixins, viewsets
from rest_framework.routers import DefaultRouter

class Bulk(DefaultRouter):
    routes = deepcopy(DefaultRouter.routes)
    routes[0].mapping.update({"post": "bulk_create", "put": "bulk_update"})

class Settling(DefaultRouter):
    routes = deepcopy(DefaultRouter.routes)
    routes[2].mapping["post"] = "settle"

class BulkMixin:
    def bulk_create(self, request):
        return None

class Payouts(BulkMixin, viewsets.GenericViewSet):  # found
    def create(self, request):
        return None

class Entries(viewsets.GenericViewSet):
    def settle(self, request, pk):  # found
        return None

    def create(self, request):  # found
        return None

bulk = Bulk()
bulk.register("payouts", Payouts)
settling = Settling()
settling.register("entries", Entries)
urlpatterns = [*bulk.urls, *settling.urls]

### packages whose views follow REST framework's names
from rest_framework_bulk import BulkModelViewSet, ListBulkCreateAPIView
from rest_framework_bulk.routes import BulkRouter
from rest_framework_json_api.views import ModelViewSet, ReadOnlyModelViewSet

class Transfers(BulkModelViewSet):  # found
    queryset = None

class Payouts(ListBulkCreateAPIView):  # found
    queryset = None

class Refunds(ModelViewSet):  # found
    queryset = None

class Entries(ReadOnlyModelViewSet):
    queryset = None

router = BulkRouter()
router.register("transfers", Transfers)

### files are served by a view of the project's own
from django.conf.urls.static import static
from django.templatetags.static import static as link
from django.views.static import serve

def media(request, path, document_root=None):  # found
    return serve(request, path, document_root)

LOGO = link("wallet/logo.png")
urlpatterns = static("/media/", view=media) + static("/static/", document_root="/srv")

### packages' views that only show something, in whatever way they are wrapped; others are said
from functools import wraps
from bank_views import Unread, pay
from django.urls import path
from django.views.decorators.cache import cache_page
from django_prometheus.exports import ExportToDjangoView
from drf_spectacular.views import SpectacularAPIView
from drf_yasg.views import get_schema_view
from rest_framework.views import APIView

def staff_only(view):
    @wraps(view)
    def inner(request, *args, **kwargs):
        return view(request, *args, **kwargs)

    return inner

class Deposit(APIView):
    def post(self, request):  # found
        return None

schema_view = get_schema_view(None)
urlpatterns = [
    path("docs", schema_view.with_ui("swagger")),
    path("metrics", staff_only(ExportToDjangoView)),
    path("schema", cache_page(60)(SpectacularAPIView().as_view())),
    path("deposits", Deposit().as_view()),
    path("pay", pay),  # found
    path("unread", staff_only(pay)),  # undecided
]
"""


@pytest.mark.parametrize(
    "source", [*sources(FUNCTIONS), *sources(ADMINS), *sources(CONTENT), *sources(DJANGO)]
)
def test_handlers_and_marks(source: str, tmp_path: Path) -> None:
    check_source(source, tmp_path)


INHERITED = """
### put @not_money_moving(reason="… is marked") directly above `def perform_mutation` in `class Pay`, below @classmethod
import graphene

class Base(graphene.Mutation):
    @classmethod
    def mutate(cls, root, info):
        return cls.perform_mutation(root, info)

class Pay(Base):
    @classmethod
    def perform_mutation(cls, root, info):
        return True

class Mutation(graphene.ObjectType):
    pay = Pay.Field()

### write `mutate = not_money_moving(reason="… is marked")(Base.mutate)` in `class Pay`
import graphene

class Base(graphene.Mutation):
    def mutate(root, info):
        return True

class Pay(Base):
    ok = graphene.Boolean()

class Mutation(graphene.ObjectType):
    pay = Pay.Field()

### give `class Pay` a classmethod `mutate_and_get_payload` that returns super().mutate_and_get_payload(…), and put @not_money_moving(reason="… is marked") below
import graphene
from graphene_django.rest_framework.mutation import SerializerMutation

class Pay(SerializerMutation):
    class Meta:
        serializer_class = object

class Mutation(graphene.ObjectType):
    pay = Pay.Field()

### give `class Pay` a `serve` that goes on to super().serve(…), and put @not_money_moving(reason="… is marked") above it
from wagtail.contrib.forms.models import AbstractForm

class Pay(AbstractForm):
    intro = ""

### wrap it where it is registered: money_moving(bank_views.pay), or @not_money_moving(reason="…") if it moves no money
from bank_views import pay
from django.urls import path

urlpatterns = [path("pay", pay)]
"""


@pytest.mark.parametrize(
    ("advice", "source"),
    [
        pytest.param(*entry.split("\n", 1), id=entry.split("\n", 1)[0].replace("/", " "))
        for entry in INHERITED.split("\n### ")[1:]
    ],
)
def test_the_advice_for_what_is_inherited(advice: str, source: str, tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(source)
    found = [f.advice for f in check([tmp_path], Config(root=tmp_path, all_domains=True)).findings]
    assert any(advice in text for text in found), found

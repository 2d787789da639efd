"""What the case folders of Django do not show: packages nobody has read, unknown lists, guesses without URL patterns."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lint.frameworks.sources import handlers, undecided

URLS = "from django.urls import include, path\n"

FOUND = {
    "a registrar that is given classes": (
        URLS
        + """
from wallet.views import Pay

def page(route, view):
    return path(route, view.as_view())

urlpatterns = [page("pay", Pay)]
# wallet/views.py
from django.views import View

class Base(View):
    def post(self, request): ...

class Pay(Base): ...

class Other(Base): ...
""",
        ["Pay POST", "Other POST"],
    ),
    "a class that is marked in the URL pattern": (
        URLS
        + """
from django.utils.decorators import method_decorator
from idem_runtime import money_moving
from wallet.views import Pay

urlpatterns = [path("pay", method_decorator(money_moving, name="post")(Pay).as_view())]
# wallet/views.py
from django.views import View

class Pay(View):
    def post(self, request): ...
""",
        ["Pay.post POST !"],
    ),
    "wrappers that take more than the view": (
        URLS
        + """
from django.contrib.auth.decorators import login_required, user_passes_test
from django.views.decorators.cache import cache_page
from ratelimits import limited
from wallet import views

urlpatterns = [
    path("a", login_required(views.pay, login_url="/in")),
    path("b", cache_page(60)(user_passes_test(bool)(views.Refund.as_view()))),
    path("c", limited(views.Settle.as_view(), rate="1/s")),
    path("d", limited(views.Hook(), rate="1/s")),
]
# wallet/views.py
from django.views import View

def pay(request): ...

class Refund(View):
    def post(self, request): ...

class Settle(View):
    def post(self, request): ...

class Hook:
    def __call__(self, request): ...
""",
        ["pay *", "Refund.post POST", "Settle.post POST", "Hook.__call__ *"],
    ),
    "a view by its dotted name": (
        """
from django.conf.urls import url

urlpatterns = [url(r"^pay$", "wallet.views.pay")]
# wallet/views.py
def pay(request): ...
""",
        ["pay *"],
    ),
    "what packages bring along is not the project's": (
        URLS
        + """
from django.contrib import admin
from django.contrib.auth.views import LoginView
from django.contrib.sitemaps.views import index
from django.views.decorators.cache import cache_page
from filters.views import PaymentListView
from strawberry.django.views import GraphQLView

inner = ([path("", include("django.contrib.auth.urls"))], "inner")
urlpatterns = [
    path("admin", admin.site.urls),
    path("login", LoginView.as_view(template_name="login.html")),
    path("list", PaymentListView.as_view()),
    path("sitemap", cache_page(60)(index)),
    path("late", cache_page(60)(LoginView.as_view())),
    path("graphql", GraphQLView.as_view(schema=None)),
    path("inner", inner),
    path("old", include("filters.urls")),
]
""",
        [],
    ),
    "a class of a package that has a post by its name": (
        URLS
        + """
from modals.generic import ModalCreateView
from wallet.models import Payment

class New(ModalCreateView):
    model = Payment

    def create(self): ...

urlpatterns = [path("a", New.as_view()), path("b", ModalCreateView.as_view(model=Payment))]
# wallet/models.py
class Payment: ...
""",
        ["New POST", "ModalCreateView.as_view POST"],
    ),
    "a class of an unknown package that has its own post": (
        URLS
        + """
from shop.views import ShopView

class Pay(ShopView):
    def post(self, request): ...

urlpatterns = [path("a", Pay.as_view())]
""",
        ["Pay.post POST"],
    ),
    "a class of an unknown package that is closed to POST": (
        URLS
        + """
from shop.views import ShopView

class Pay(ShopView):
    http_method_names = ["get"]

urlpatterns = [path("a", Pay.as_view())]
""",
        [],
    ),
    "a handler that is None": (
        URLS
        + """
from django.views.generic import FormView

class Pay(FormView):
    post = None

urlpatterns = [path("a", Pay.as_view())]
""",
        [],
    ),
    "lists of methods that are computed": (
        URLS
        + """
import settings
from django.views import View

class Base(View):
    def post(self, request): ...

class A(Base):
    http_method_names = list(set(View.http_method_names) - {"post"})

class B(Base):
    http_method_names = {name for name in View.http_method_names if name == "post"}

class C(Base):
    http_method_names = [name for name in View.http_method_names if name.upper() != "POST"]

class D(Base):
    http_method_names = settings.METHODS

class E(Base):
    http_method_names = [name for name in settings.METHODS if name]

class F(Base):
    http_method_names = [name for name in View.http_method_names if name not in settings.METHODS if len(name) > 3]

class G(Base):
    http_method_names = set(settings.METHODS) - {"post"}

class H(Base):
    def http_method_names(self): ...

urlpatterns = [path("x", view.as_view()) for view in (A, B, C, D, E, F, G, H)]
urlpatterns += [path("y", C.as_view(http_method_names=["post"])), path("z", A.as_view(**settings.OPTIONS))]
""",
        ["B POST", "C POST", "D POST", "E POST", "F POST", "G POST", "H POST"],
    ),
    "decorators on methods and on dispatch restrict": (
        URLS
        + """
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.http import require_GET, require_http_methods, require_POST

class Base(View):
    def post(self, request): ...

@method_decorator(require_GET, name="dispatch")
class Closed(Base): ...

class Own(View):
    @method_decorator(require_http_methods(["PUT"]))
    def post(self, request): ...

@method_decorator(require_POST, name="dispatch")
class Answers(View):
    def dispatch(self, request): ...

urlpatterns = [path("x", view.as_view()) for view in (Closed, Own, Answers)]
""",
        ["Answers.dispatch POST"],
    ),
    "a dispatch that goes on through a helper": (
        URLS
        + """
from django.views import View

class Helped(View):
    def dispatch(self, request):
        return self._checked(request)

    def _checked(self, request):
        if request.user:
            return self._checked(request)
        return View.dispatch(self, request)

    def post(self, request): ...

class Chosen(View):
    def dispatch(self, request):
        return getattr(self, request.method.lower())(request)

    def post(self, request): ...

urlpatterns = [path("a", Helped.as_view()), path("b", Chosen.as_view())]
""",
        ["Helped.post POST", "Chosen.post POST"],
    ),
    "a class method that makes the view": (
        URLS
        + """
from django.utils.decorators import classonlymethod
from django.views import View

class Api(View):
    @classonlymethod
    def as_api_view(cls, **options):
        return cls.as_view(**options)

    @classmethod
    def as_view(cls, **options):
        return super().as_view(**options)

class Pay(Api):
    def post(self, request): ...

class Shown(Api):
    def get(self, request): ...

urlpatterns = [path("a", Pay.as_api_view(client="app")), path("b", Shown.as_view())]
""",
        ["Pay.post POST"],
    ),
    "a mark on the class of an inherited handler": (
        URLS
        + """
from django.views.generic import CreateView
from idem_runtime import money_moving

@money_moving
class Pay(CreateView): ...

urlpatterns = [path("a", Pay.as_view())]
""",
        ["Pay POST !"],
    ),
    "class decorators of the project": (
        URLS
        + """
from django.utils.decorators import method_decorator
from django.views.generic import CreateView, View
from idem_runtime import money_moving

def money_view(cls):
    return method_decorator(money_moving, name="post")(cls)

def money(*names):
    def decorate(cls):
        cls.label = names
        cls.post = money_moving(cls.post)
        method_decorator(names)(other)
        return cls
    return decorate

def plain(cls):
    return cls

@money_view
class A(CreateView): ...

@money("post")
class B(View):
    def post(self, request): ...

@plain
class C(CreateView): ...

urlpatterns = [path("x", view.as_view()) for view in (A, B, C)]
""",
        ["A POST !", "B.post POST !", "C POST"],
    ),
    "an as_view that wraps": (
        URLS
        + """
from django.views import View
from idem_runtime import money_moving

class Money(View):
    @classmethod
    def as_view(cls, **options):
        view = super().as_view(**options)
        return money_moving(view)

class Pay(Money):
    def post(self, request): ...

urlpatterns = [path("x", Pay.as_view())]
""",
        ["Pay.post POST !"],
    ),
    "a mark on a helper that the handler calls": (
        URLS
        + """
from django.views import View
from idem_runtime import money_moving

class Base(View):
    def post(self, request):
        audited(self)
        return self.perform(request)

class Pay(Base):
    @money_moving
    def perform(self, request): ...

urlpatterns = [path("a", Pay.as_view())]
""",
        ["Pay POST !"],
    ),
    "a marked GET beside an open POST": (
        URLS
        + """
from django.views import View
from idem_runtime import money_moving

class Pay(View):
    @money_moving
    def get(self, request): ...

    def post(self, request): ...

urlpatterns = [path("a", Pay.as_view())]
""",
        ["Pay.post POST"],
    ),
    "a marked POST beside a GET with a decorator": (
        URLS
        + """
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache
from idem_runtime import money_moving

@method_decorator(money_moving, name="post")
class Pay(View):
    @method_decorator(never_cache)
    def get(self, request): ...

    def post(self, request): ...

urlpatterns = [path("a", Pay.as_view())]
""",
        ["Pay.post POST !"],
    ),
    "a function decorated in one of several branches": (
        URLS
        + """
try:
    from django.views.decorators.http import require_POST
except ImportError:
    from shims import require_POST

@require_POST
def pay(request): ...

urlpatterns = [path("a", pay)]
""",
        ["pay POST"],
    ),
}


@pytest.mark.parametrize(("source", "expected"), FOUND.values(), ids=FOUND.keys())
def test_handlers_found(source: str, expected: list[str], tmp_path: Path) -> None:
    assert handlers(source, tmp_path) == expected


UNKNOWN = "its handler cannot be told from the source"
OPEN = {
    "a class view of a package": (
        URLS + 'from shop.views import ShopView\nurlpatterns = [path("a", ShopView.as_view())]\n',
        ["path: whether `shop.views.ShopView` answers POST is not known from the source"],
    ),
    "a class with a base of a package": (
        URLS
        + "from shop.views import ShopView\nclass Pay(ShopView): ...\n"
        + 'urlpatterns = [path("a", Pay.as_view())]\n',
        ["Pay: its base class `shop.views.ShopView` is not among the files of the project"],
    ),
    "a class with a base of a package, whatever that is called": (
        URLS
        + "from shop.views import Base, ListView\nclass Pay(Base): ...\nclass Shown(ListView): ...\n"
        + 'urlpatterns = [path("a", Pay.as_view()), path("b", Shown.as_view())]\n',
        [
            "Pay: its base class `shop.views.Base` is not among the files of the project",
            "Shown: its base class `shop.views.ListView` is not among the files of the project",
        ],
    ),
    "a class with a view of a package whose other classes and functions only stand around views": (
        URLS
        + "from oauth2_provider.views import ApplicationRegistration\nclass Register(ApplicationRegistration): ...\n"
        + 'urlpatterns = [path("a", Register.as_view())]\n',
        [
            "Register: its base class `oauth2_provider.views.ApplicationRegistration` is not among the files of the project"
        ],
    ),
    "a class that only deletes, which a generic view of a package does after a POST": (
        URLS
        + "from shop.views import Removal\nclass Remove(Removal):\n    def delete(self, request): ...\n"
        + 'urlpatterns = [path("a", Remove.as_view())]\n',
        ["Remove: its base class `shop.views.Removal` is not among the files of the project"],
    ),
    "a view that a package makes": (
        URLS
        + 'from shop import made\nurlpatterns = [path("a", made("card")), path("b", made("x").as_view())]\n',
        [f"path: {UNKNOWN}", f"path: {UNKNOWN}"],
    ),
    "a decorator's wrapper around an unknown view": (
        URLS
        + """
import functools
from shop import made

def guarded(view):
    @functools.wraps(view)
    def inner(request):
        return view(request)
    return inner

urlpatterns = [path("a", guarded(made("card")))]
""",
        [f"path: {UNKNOWN}"],
    ),
    "a list of methods from elsewhere": (
        URLS
        + """
import settings
from django.views.decorators.http import require_http_methods

@require_http_methods(settings.METHODS)
def pay(request): ...

@require_http_methods(*settings.OPTIONS)
def refund(request): ...

urlpatterns = [path("a", pay), path("b", refund)]
""",
        [
            "pay: its methods are not known from the source",
            "refund: its methods are not known from the source",
        ],
    ),
}


@pytest.mark.parametrize(("source", "expected"), OPEN.values(), ids=OPEN.keys())
def test_what_cannot_be_decided_is_said(source: str, expected: list[str], tmp_path: Path) -> None:
    assert undecided(source, tmp_path) == expected


ALONE = """
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

@csrf_exempt
def pay(request):
    if request.method == "POST":
        return redirect("/")
    return shop.render(request, "pay.html")

def settle(req: HttpRequest) -> HttpResponse:
    match req.method:
        case "POST":
            return made(req)

def form(request):
    return HttpResponse(request.POST["amount"])

@require_POST
def capture(request): ...

@require_GET
def shown(request):
    return HttpResponse(request.POST)

def amount_of(request):
    return int(request.POST["amount"])

def context(request) -> dict[str, object]:
    return {"posted": request.method == "POST"}

def flashed(request, response):
    if request.method == "POST":
        return HttpResponse()

def is_read(request):
    return HttpResponse(request.method == "GET")

def listed(page):
    return HttpResponse(page.POST)

def computed(request):
    if request.POST:
        return RESPONSES["POST"](request)

def post_only(view):
    @require_POST
    def inner(request):
        return view(request)
    return inner

class Desk:
    @require_POST
    def pay(self, request): ...
"""


def test_without_url_patterns_a_view_is_told_by_what_it_does(tmp_path: Path) -> None:
    assert handlers("\n# wallet/views.py\n" + ALONE, tmp_path) == [
        "pay *",
        "settle *",
        "form *",
        "capture POST",
    ]


def test_with_url_patterns_in_sight_only_decorators_tell_an_unregistered_view(tmp_path: Path) -> None:
    source = URLS + "urlpatterns = [path('a', lambda request: None)]\n# wallet/views.py\n" + ALONE
    assert handlers(source, tmp_path) == ["<lambda> *", "capture POST"]

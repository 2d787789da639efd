"""Where a mark takes effect in Django: every path of the snippet's ``PATHS`` is posted to by Django's test client."""

from __future__ import annotations

import json
from types import ModuleType
from typing import Any

from tests.lint.positions._table import outcomes, snippets
from tests.lint.positions.recorder import executions

PRELUDE = """\
import functools

from django import forms
from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse
from django.urls import path
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST
from django.views.generic import FormView

from recorder import money_moving

PATHS = ["/pay"]


class Amount(forms.Form):
    amount = forms.IntegerField()

"""

TABLE = """
### + function, below require_POST
@require_POST
@money_moving
def pay(request):
    return HttpResponse()

urlpatterns = [path("pay", pay)]

### + function, above require_POST
@money_moving
@require_POST
def pay(request):
    return HttpResponse()

urlpatterns = [path("pay", pay)]

### + function, between decorators
@csrf_exempt
@money_moving
@require_http_methods(["POST"])
def pay(request):
    return HttpResponse()

urlpatterns = [path("pay", pay)]

### + function, async
@csrf_exempt
@money_moving
async def pay(request):
    return HttpResponse()

urlpatterns = [path("pay", pay)]

### + function without method check
@money_moving
def pay(request):
    return HttpResponse()

urlpatterns = [path("pay", pay)]

### + wrapped in urls
def pay(request):
    return HttpResponse()

urlpatterns = [path("pay", csrf_exempt(money_moving(require_POST(pay))))]

### - wrapped in one url, bare in another
PATHS = ["/pay", "/v1/pay"]

def pay(request):
    return HttpResponse()

urlpatterns = [path("pay", money_moving(pay)), path("v1/pay", pay)]

### + marked function in two urls
PATHS = ["/pay", "/v1/pay"]

@money_moving
def pay(request):
    return HttpResponse()

urlpatterns = [path("pay", pay), path("v1/pay", csrf_exempt(pay))]

### + rebound before urlpatterns
def pay(request):
    return HttpResponse()

pay = money_moving(pay)
urlpatterns = [path("pay", pay)]

### - rebound after urlpatterns
def pay(request):
    return HttpResponse()

urlpatterns = [path("pay", pay)]
pay = money_moving(pay)

### - wrapped and thrown away
def pay(request):
    return HttpResponse()

money_moving(pay)
urlpatterns = [path("pay", pay)]

### + partial of a marked function
@money_moving
def pay(request, kind):
    return HttpResponse()

urlpatterns = [path("pay", functools.partial(pay, kind="out"))]

### + marked lambda
urlpatterns = [path("pay", money_moving(lambda request: HttpResponse()))]

### + bound method
class Desk:
    @money_moving
    def pay(self, request):
        return HttpResponse()

urlpatterns = [path("pay", Desk().pay)]

### + callable instance
class Hook:
    @money_moving
    def __call__(self, request):
        return HttpResponse()

urlpatterns = [path("pay", Hook())]

### + composed decorator
def money_post(view):
    return csrf_exempt(require_POST(money_moving(view)))

@money_post
def pay(request):
    return HttpResponse()

urlpatterns = [path("pay", pay)]

### + below a decorator without wraps
def bare(view):
    def inner(request):
        return view(request)
    return inner

@bare
@money_moving
def pay(request):
    return HttpResponse()

urlpatterns = [path("pay", pay)]

### - the other of two functions with one name
@money_moving
def pay(request):
    return HttpResponse()

def pay(request):
    return HttpResponse()

urlpatterns = [path("pay", pay)]

### - only the helper's shadow is marked
@require_POST
def pay(request):
    @money_moving
    def inner(request):
        return HttpResponse()
    return HttpResponse()

urlpatterns = [path("pay", pay)]

### + class view, on post
class Pay(View):
    @money_moving
    def post(self, request):
        return HttpResponse()

urlpatterns = [path("pay", Pay.as_view())]

### + class view, async post
class Pay(View):
    @money_moving
    async def post(self, request):
        return HttpResponse()

urlpatterns = [path("pay", Pay.as_view())]

### - class view, on get
class Pay(View):
    @money_moving
    def get(self, request):
        return HttpResponse()

    def post(self, request):
        return HttpResponse()

urlpatterns = [path("pay", Pay.as_view())]

### + class view, method_decorator on post
class Pay(View):
    @method_decorator(csrf_exempt)
    @method_decorator(money_moving)
    def post(self, request):
        return HttpResponse()

urlpatterns = [path("pay", Pay.as_view())]

### + class view, method_decorator named post
@method_decorator(money_moving, name="post")
class Pay(View):
    def post(self, request):
        return HttpResponse()

urlpatterns = [path("pay", Pay.as_view())]

### + class view, method_decorator list named dispatch
@method_decorator([csrf_exempt, money_moving], name="dispatch")
class Pay(View):
    def post(self, request):
        return HttpResponse()

urlpatterns = [path("pay", Pay.as_view())]

### - class view, method_decorator named get
@method_decorator(money_moving, name="get")
class Pay(View):
    def get(self, request):
        return HttpResponse()

    def post(self, request):
        return HttpResponse()

urlpatterns = [path("pay", Pay.as_view())]

### + the mark on the class itself
@money_moving
class Pay(View):
    def post(self, request):
        return HttpResponse()

urlpatterns = [path("pay", Pay.as_view())]

### + wrapped as_view
class Pay(View):
    def post(self, request):
        return HttpResponse()

urlpatterns = [path("pay", money_moving(Pay.as_view()))]

### - as_view assigned, marked later by name
class Pay(View):
    def post(self, request):
        return HttpResponse()

pay = Pay.as_view()
urlpatterns = [path("pay", pay)]
pay = money_moving(pay)

### + class changed after as_view
class Pay(View):
    def post(self, request):
        return HttpResponse()

urlpatterns = [path("pay", Pay.as_view())]
method_decorator(money_moving, name="post")(Pay)

### + own dispatch marked
class Pay(View):
    @money_moving
    def dispatch(self, request, *args, **kwargs):
        return super().dispatch(request, *args, **kwargs)

    def post(self, request):
        return HttpResponse()

urlpatterns = [path("pay", Pay.as_view())]

### - helper that post does not call
class Pay(View):
    def post(self, request):
        return HttpResponse()

    @money_moving
    def pay(self, request):
        return HttpResponse()

urlpatterns = [path("pay", Pay.as_view())]

### + inherited from a marked base
class Base(View):
    @money_moving
    def post(self, request):
        return HttpResponse()

class Pay(Base):
    pass

urlpatterns = [path("pay", Pay.as_view())]

### - marked base, overridden without the mark
class Base(View):
    @money_moving
    def post(self, request):
        return HttpResponse()

class Pay(Base):
    def post(self, request):
        return HttpResponse()

urlpatterns = [path("pay", Pay.as_view())]

### + marked base, overridden and called by super
class Base(View):
    @money_moving
    def post(self, request):
        return HttpResponse()

class Pay(Base):
    def post(self, request):
        return super().post(request)

urlpatterns = [path("pay", Pay.as_view())]

### - method_decorator on a base, overridden
@method_decorator(money_moving, name="post")
class Base(View):
    def post(self, request):
        return HttpResponse()

class Pay(Base):
    def post(self, request):
        return HttpResponse()

urlpatterns = [path("pay", Pay.as_view())]

### + dispatch of a base, post overridden
@method_decorator(money_moving, name="dispatch")
class Base(View):
    pass

class Pay(Base):
    def post(self, request):
        return HttpResponse()

urlpatterns = [path("pay", Pay.as_view())]

### + guarding mixin before View
class Guard:
    @method_decorator(money_moving)
    def dispatch(self, request, *args, **kwargs):
        return super().dispatch(request, *args, **kwargs)

class Pay(Guard, View):
    def post(self, request):
        return HttpResponse()

urlpatterns = [path("pay", Pay.as_view())]

### - guarding mixin behind View
class Guard:
    @method_decorator(money_moving)
    def dispatch(self, request, *args, **kwargs):
        return super().dispatch(request, *args, **kwargs)

class Pay(View, Guard):
    def post(self, request):
        return HttpResponse()

urlpatterns = [path("pay", Pay.as_view())]

### + form view, method_decorator named post
@method_decorator(money_moving, name="post")
class Pay(FormView):
    form_class = Amount

    def form_valid(self, form):
        return HttpResponse()

urlpatterns = [path("pay", Pay.as_view())]

### + form view, on form_valid
class Pay(FormView):
    form_class = Amount

    @money_moving
    def form_valid(self, form):
        return HttpResponse()

urlpatterns = [path("pay", Pay.as_view())]

### - form view, on form_invalid
class Pay(FormView):
    form_class = Amount

    def form_valid(self, form):
        return HttpResponse()

    @money_moving
    def form_invalid(self, form):
        return HttpResponse()

urlpatterns = [path("pay", Pay.as_view())]

### - form view, on get
class Pay(FormView):
    form_class = Amount

    @money_moving
    def get(self, request):
        return HttpResponse()

    def form_valid(self, form):
        return HttpResponse()

urlpatterns = [path("pay", Pay.as_view())]

### + class decorator of the project
def money_view(cls):
    return method_decorator(money_moving, name="post")(cls)

@money_view
class Pay(FormView):
    form_class = Amount

    def form_valid(self, form):
        return HttpResponse()

urlpatterns = [path("pay", Pay.as_view())]

### + class decorator that replaces the method
def money_view(cls):
    cls.post = money_moving(cls.post)
    return cls

@money_view
class Pay(View):
    def post(self, request):
        return HttpResponse()

urlpatterns = [path("pay", Pay.as_view())]

### + as_view of a base that wraps
class Money(View):
    @classmethod
    def as_view(cls, **options):
        return money_moving(super().as_view(**options))

class Pay(Money):
    def post(self, request):
        return HttpResponse()

urlpatterns = [path("pay", Pay.as_view())]

### + helper that post calls
class Base(View):
    def post(self, request):
        return self.perform(request)

class Pay(Base):
    @money_moving
    def perform(self, request):
        return HttpResponse()

urlpatterns = [path("pay", Pay.as_view())]

### + class that inherits its handler
class Base(FormView):
    form_class = Amount
    success_url = "/"

    def form_valid(self, form):
        return HttpResponse()

@method_decorator(money_moving, name="post")
class Pay(Base):
    pass

urlpatterns = [path("pay", Pay.as_view())]

### + registered call that inherits its handler
urlpatterns = [path("pay", money_moving(FormView.as_view(form_class=Amount, success_url="/")))]

### + helper of dispatch that goes on
class Pay(View):
    def dispatch(self, request):
        return self._checked(request)

    @money_moving
    def _checked(self, request):
        return super().dispatch(request)

    def post(self, request):
        return HttpResponse()

urlpatterns = [path("pay", Pay.as_view())]
"""

SNIPPETS = snippets(PRELUDE, TABLE)

# Here the mark guards something, but not this handler: it is unmarked.
ELSEWHERE = {
    "marked base, overridden without the mark",
    "wrapped and thrown away",
    "the other of two functions with one name",
    "only the helper's shadow is marked",
    "class view, on get",
    "as_view assigned, marked later by name",
    "helper that post does not call",
    "form view, on get",
}


def configure(*apps: str, **options: Any) -> None:
    """Django, for this process."""
    import django
    from django.conf import settings

    settings.configure(
        SECRET_KEY="positions",
        ALLOWED_HOSTS=["*"],
        INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", *apps],
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
        ROOT_URLCONF=__name__,
        **options,
    )
    django.setup()


def is_effective(module: ModuleType) -> bool:
    """Whether every POST was answered, and none without the mark."""
    from django.test import Client, override_settings

    results = []
    with override_settings(ROOT_URLCONF=module.__name__):
        for path in module.PATHS:
            with executions() as count:
                response = Client(raise_request_exception=False).post(path, {"amount": "3"})
                results.append(response.status_code < 400 and count() > 0)
    return all(results)


if __name__ == "__main__":
    configure()
    print(json.dumps(outcomes(SNIPPETS, is_effective)))

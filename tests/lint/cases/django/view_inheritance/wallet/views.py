from __future__ import annotations

from typing import Any

import core
from core import ApiView, CommandView, MethodTable, Postable, TimingMixin
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.decorators import method_decorator
from django.views import View
from idem_runtime import money_moving


class Transfer(ApiView):
    @money_moving
    def post(self, request: HttpRequest) -> HttpResponse:
        return JsonResponse(self.payload())


class Refund(CommandView):
    def perform(self, request: HttpRequest) -> dict[str, Any]:
        return {"refunded": True}


@method_decorator(money_moving, name="post")
class Reverse(Postable, core.ApiView):
    def perform(self, request: HttpRequest) -> dict[str, Any]:
        return {"reversed": True}


class Balance(ApiView):
    def get(self, request: HttpRequest) -> HttpResponse:
        return JsonResponse({"balance": 0})


class Rail(View):
    """One door for every method a rail might use."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return JsonResponse({"method": request.method})


class Legacy(MethodTable):
    def on_post(self, request: HttpRequest) -> HttpResponse:
        return JsonResponse({"moved": True})


class Timed(TimingMixin, ApiView):
    def post(self, request: HttpRequest) -> HttpResponse:
        return JsonResponse({})


class TimedRead(TimingMixin, ApiView):
    def get(self, request: HttpRequest) -> HttpResponse:
        return JsonResponse({})


class NamedAction(ApiView):
    """Chooses the method by a field of the form."""

    def post(self, request: HttpRequest) -> HttpResponse:
        return getattr(self, f"do_{request.POST.get('do', 'nothing')}")(request)

    def do_nothing(self, request: HttpRequest) -> HttpResponse:
        return JsonResponse({})

    def do_pay(self, request: HttpRequest) -> HttpResponse:
        return JsonResponse({"paid": True})


class InheritedDispatch(Rail):
    pass


class Prepared(ApiView):
    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.tenant = request.headers.get("X-Tenant", "")

    def post(self, request: HttpRequest) -> HttpResponse:
        return JsonResponse({"tenant": self.tenant})


class Chained(Transfer):
    """Adds to the base's handler without a post of its own."""

    def payload(self) -> dict[str, Any]:
        return {"chained": True}


class Revoked(Transfer):
    """Takes the base's handler away."""

    http_method_names = ["get"]


def _made(slug: str, amount: int) -> type[View]:
    class Made(ApiView):
        def post(self, request: HttpRequest) -> HttpResponse:
            return JsonResponse({"amount": amount})

    Made.slug = slug
    return Made


MADE = [_made("ten", 10), _made("twenty", 20)]

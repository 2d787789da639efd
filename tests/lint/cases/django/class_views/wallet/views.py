from __future__ import annotations

import os

from django import views as django_views
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.generic import View as GenericView
from django.views.generic import base

from idem_runtime import money_moving, not_money_moving


class Transfer(View):
    def get(self, request: HttpRequest) -> HttpResponse:
        return JsonResponse({"transfers": []})

    @money_moving
    def post(self, request: HttpRequest) -> HttpResponse:
        return JsonResponse({"moved": True})


transfer_view = Transfer.as_view()


@method_decorator(csrf_exempt, name="dispatch")
@method_decorator([never_cache, money_moving], name="post")
class Deposit(LoginRequiredMixin, View):
    def post(self, request: HttpRequest) -> HttpResponse:
        return JsonResponse({"moved": True})


class Withdraw(django_views.View):
    channel = "desk"

    @method_decorator(never_cache)
    @method_decorator(money_moving)
    def post(self, request: HttpRequest) -> HttpResponse:
        return JsonResponse({"channel": self.channel})

    def put(self, request: HttpRequest) -> HttpResponse:
        return JsonResponse({})


class Refund(GenericView):
    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest) -> HttpResponse:
        return JsonResponse({})

    def _book(self, request: HttpRequest) -> int:
        return int(request.POST["amount"])


class Payout(base.View):
    http_method_names = ("get", "post")

    def get(self, request: HttpRequest) -> HttpResponse:
        return JsonResponse({})

    def post(
        self,
        request: HttpRequest,
    ) -> HttpResponse:
        return JsonResponse({})


class Statement(View):
    def get(self, request: HttpRequest) -> HttpResponse:
        return JsonResponse({"lines": []})


class Closed(View):
    """Answers 405 to POST: the method is not in the list."""

    http_method_names = ["get", "head"]

    def post(self, request: HttpRequest) -> HttpResponse:
        return JsonResponse({})


class Shouted(View):
    """Django compares in lower case: this list lets nothing through."""

    http_method_names = ["GET", "POST"]

    def post(self, request: HttpRequest) -> HttpResponse:
        return JsonResponse({})


class Narrowed(View):
    """Narrowed where it is registered."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return JsonResponse({})

    def post(self, request: HttpRequest) -> HttpResponse:
        return JsonResponse({})


class Shown(View):
    def get(self, request: HttpRequest) -> HttpResponse:
        return JsonResponse({})

    def post(self, request: HttpRequest) -> HttpResponse:
        return JsonResponse({})


class AsyncTransfer(View):
    @money_moving
    async def post(self, request: HttpRequest) -> HttpResponse:
        return JsonResponse({"moved": True})


class Aliased(View):
    def put(self, request: HttpRequest) -> HttpResponse:
        return JsonResponse({})

    post = put


def _shared_post(self: View, request: HttpRequest) -> HttpResponse:
    return JsonResponse({})


class Assigned(View):
    post = _shared_post


class WithoutPost(View):
    """Handlers of other methods, and a helper that looks like one."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return JsonResponse({})

    def patch(self, request: HttpRequest) -> HttpResponse:
        return JsonResponse({})

    def post_process(self, request: HttpRequest) -> HttpResponse:
        return JsonResponse({})


class Filtered(View):
    http_method_names = [name for name in View.http_method_names if name != "delete"]

    def post(self, request: HttpRequest) -> HttpResponse:
        return JsonResponse({})


class Quote(View):
    @not_money_moving(reason="prices a transfer, books nothing")
    def post(self, request: HttpRequest) -> HttpResponse:
        return JsonResponse({"fee": 3})


class LateDecorated(View):
    def post(self, request: HttpRequest) -> HttpResponse:
        return JsonResponse({})


LateDecorated = method_decorator(money_moving, name="post")(LateDecorated)


if os.environ.get("WALLET_BACKEND") == "legacy":

    class Conditional(View):
        def get(self, request: HttpRequest) -> HttpResponse:
            return JsonResponse({})

else:

    class Conditional(View):
        def post(self, request: HttpRequest) -> HttpResponse:
            return JsonResponse({})

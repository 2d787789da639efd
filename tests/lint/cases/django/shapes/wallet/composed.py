from __future__ import annotations

import functools
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from idem_runtime import money_moving

View = Callable[..., HttpResponse]


def api_post(view: View) -> View:
    """A project's own shorthand."""
    return csrf_exempt(require_POST(view))


def money_post(view: View) -> View:
    """A project's own shorthand that is a mark too."""
    return csrf_exempt(require_POST(money_moving(view)))


def accepts(*methods: str) -> Callable[[View], View]:
    def decorate(view: View) -> View:
        @require_http_methods(methods)
        @functools.wraps(view)
        def inner(request: HttpRequest, *args: object) -> HttpResponse:
            return view(request, *args)

        return inner

    return decorate


@api_post
def capture(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"captured": True})


@money_post
def refund(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"refunded": True})


@accepts("POST", "PUT")
def void(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"voided": True})


@accepts("GET")
def lookup(request: HttpRequest) -> HttpResponse:
    return JsonResponse({})

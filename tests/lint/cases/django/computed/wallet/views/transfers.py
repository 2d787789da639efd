from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse

try:
    from django.views.decorators.http import require_GET, require_POST
except ImportError:
    require_GET = require_POST = lambda view: view

from idem_runtime import money_moving

NAMES = ("sweep", "settle")


@require_POST
@money_moving
def transfer(request: HttpRequest) -> HttpResponse:
    return JsonResponse({})


@require_POST
def transfer_v2(request: HttpRequest) -> HttpResponse:
    return JsonResponse({})


@require_POST
def refund(request: HttpRequest) -> HttpResponse:
    return JsonResponse({})


@require_POST
def sweep_v2(request: HttpRequest) -> HttpResponse:
    return JsonResponse({})


@require_POST
def settle_v2(request: HttpRequest) -> HttpResponse:
    return JsonResponse({})


@require_GET
def statement(request: HttpRequest) -> HttpResponse:
    return JsonResponse({})

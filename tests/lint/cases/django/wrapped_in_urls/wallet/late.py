from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_POST


def transfer(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"moved": True})


@require_POST
def payout(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"moved": True})


@require_POST
def refund(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"moved": True})

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_GET

from idem_runtime import money_moving


async def request_advance(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"requested": True})


@money_moving
def disburse(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"disbursed": True})


@require_GET
async def status(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"open": 0})

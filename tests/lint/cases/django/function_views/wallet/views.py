from __future__ import annotations

import json
from uuid import UUID

from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators import http
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe

from common.decorators import audited, company_only
from common.methods import READ_METHODS, WRITE_METHODS
from idem_runtime import money_moving, not_money_moving

ALLOWED = ["POST", "PATCH"]


def _amount(request: HttpRequest) -> int:
    """Reads the body; no view."""
    if request.method == "POST" and request.POST:
        return int(request.POST["amount"])
    return int(json.loads(request.body)["amount"])


@csrf_exempt
@require_POST
@money_moving
def transfer(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"moved": _amount(request)})


@require_http_methods(["POST"])
@login_required
def bulk_transfer(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"moved": _amount(request)})


@require_http_methods(("POST", "DELETE"))
def reverse(request: HttpRequest, transfer_id: UUID) -> HttpResponse:
    return JsonResponse({"reversed": str(transfer_id)})


@require_http_methods(ALLOWED)
@never_cache
def deposit(request: HttpRequest, channel: str) -> HttpResponse:
    return JsonResponse({"channel": channel})


@require_http_methods(request_method_list=WRITE_METHODS)
@audited("withdraw")
def withdraw(request: HttpRequest) -> HttpResponse:
    return JsonResponse({})


@require_GET
def statement(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"lines": []})


@require_safe
def balance(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"balance": 0})


@require_http_methods(READ_METHODS)
def limits(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"daily": 100})


@http.require_POST
@not_money_moving(reason="prices only, nothing is booked")
def fx_quote(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"rate": "1.08"})


@money_moving
@login_required
@http.require_http_methods({"POST"} | {"PUT"})
def place_hold(request: HttpRequest) -> HttpResponse:
    return JsonResponse({})


@permission_required("wallet.release", raise_exception=True)
@company_only
@require_POST
def release_hold(request: HttpRequest) -> HttpResponse:
    return JsonResponse({})


@require_POST
@company_only
@audited("adjust")
def adjust(
    request: HttpRequest,
) -> HttpResponse:
    return JsonResponse({})


@require_http_methods(READ_METHODS + ["POST"])
def sweep(request: HttpRequest) -> HttpResponse:
    return JsonResponse({})


@require_http_methods(["post"])
def whispered(request: HttpRequest) -> HttpResponse:
    """Django compares with the upper-case method: this one answers 405 to everything."""
    return JsonResponse({})


@require_http_methods("POST")
def text_method(request: HttpRequest) -> HttpResponse:
    return JsonResponse({})


@csrf_exempt
@require_POST
async def transfer_async(request: HttpRequest) -> HttpResponse:
    return JsonResponse({})

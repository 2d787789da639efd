from __future__ import annotations

import requests_like as requests
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_POST, require_safe

from wallet.helpers import actor_of, parsed_amount, with_flash


@require_safe
def entries(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"actor": actor_of(request)})


def rates(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"rates": {}})


@require_POST
def pay(request: HttpRequest) -> HttpResponse:
    answer = requests.post("https://rail.example/pay", json={"amount": parsed_amount(request)})
    return with_flash(request, JsonResponse({"rail": answer}))

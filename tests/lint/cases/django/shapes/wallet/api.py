from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from idem_runtime import money_moving


@csrf_exempt
def send(request: HttpRequest) -> HttpResponse:
    """The first of two with one name: the later one is what urls.py sees."""
    return JsonResponse({"version": 0})


send_v2 = require_http_methods(["POST"])(send)


@money_moving
@require_http_methods(["POST"])
def send(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"version": 1})

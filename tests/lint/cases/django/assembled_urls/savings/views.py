from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_POST


@require_POST
def open_pot(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"pot": "open_pot"})


def close_pot(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"pot": "close_pot"})


@require_POST
def sweep(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"pot": "sweep"})


def roundup(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"pot": "roundup"})


def interest(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"pot": "interest"})

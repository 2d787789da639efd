from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse


def transfer(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"moved": True})


def marked_here(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"moved": True})


def both(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"moved": True})


def quote(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"price": 3})


def restricted_here(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"moved": True})


def read_here(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"entries": []})


def twice(request: HttpRequest) -> HttpResponse:
    return JsonResponse({})


def settle(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"moved": True})


def cached(request: HttpRequest) -> HttpResponse:
    return JsonResponse({})


def by_kind(request: HttpRequest, *, kind: str) -> HttpResponse:
    return JsonResponse({"kind": kind})


def shielded(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"moved": True})

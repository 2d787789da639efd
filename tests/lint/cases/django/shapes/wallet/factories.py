from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import URLPattern, path
from django.views.decorators.http import require_GET, require_http_methods


def crud_urls(*kinds: str) -> list[URLPattern]:
    """One closure serves every kind: the cards that move money and the labels that do not."""
    patterns: list[URLPattern] = []
    for kind in kinds:
        patterns += _crud(kind)
    return patterns


def _crud(kind: str) -> list[URLPattern]:
    @require_GET
    def listing(request: HttpRequest) -> HttpResponse:
        return JsonResponse({"kind": kind})

    @require_http_methods(["GET", "POST"])
    def collection(request: HttpRequest) -> HttpResponse:
        return JsonResponse({"created": kind})

    def item(request: HttpRequest, pk: int) -> HttpResponse:
        return JsonResponse({"kind": kind, "pk": pk})

    return [path(f"{kind}/all/", listing), path(f"{kind}/", collection), path(f"{kind}/<int:pk>/", item)]

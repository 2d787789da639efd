from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import URLPattern, path
from django.views.decorators.http import require_http_methods


@require_http_methods(["GET", "POST"])
def runs(request: HttpRequest) -> HttpResponse:
    return JsonResponse({})


def pay(request: HttpRequest, run: int) -> HttpResponse:
    if request.method == "POST":
        return JsonResponse({"paid": run})
    return JsonResponse({})


def get_urls() -> list[URLPattern]:
    return [path("runs/", runs), path("runs/<int:run>/pay/", pay)]

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET, require_http_methods


@require_GET
def download(request: HttpRequest) -> HttpResponse:
    return HttpResponse("employee;net\n", content_type="text/csv")


@require_http_methods(["POST"])
def schedule(request: HttpRequest) -> HttpResponse:
    return HttpResponse(status=202)

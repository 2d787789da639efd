from __future__ import annotations

from django.http import HttpRequest, HttpResponse


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return HttpResponse(status=400)


def server_error(request: HttpRequest) -> HttpResponse:
    return HttpResponse(status=500)

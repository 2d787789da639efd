from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.deprecation import MiddlewareMixin


class TenantMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method == "POST":
            request.tenant = request.POST.get("tenant")
        return self.get_response(request)


class AuditMiddleware(MiddlewareMixin):
    def process_request(self, request: HttpRequest) -> None:
        request.audited = request.method == "POST"

    def process_view(self, request: HttpRequest, view, args, kwargs) -> HttpResponse | None:
        return None


def simple_middleware(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    def middleware(request: HttpRequest) -> HttpResponse:
        if request.method == "POST":
            request.counted = True
        return get_response(request)

    return middleware

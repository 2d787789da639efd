from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_POST


class Desk:
    """Views as methods of one object that holds its settings."""

    def __init__(self, branch: str) -> None:
        self.branch = branch

    def pay_out(self, request: HttpRequest) -> HttpResponse:
        return JsonResponse({"branch": self.branch, "till": self.till(request)})

    @method_decorator(require_POST)
    def pay_in(self, request: HttpRequest) -> HttpResponse:
        return JsonResponse({"branch": self.branch})

    def till(self, request: HttpRequest) -> str:
        return request.POST.get("till", "1")

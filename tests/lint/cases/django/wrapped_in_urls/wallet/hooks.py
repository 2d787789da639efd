from __future__ import annotations

from django.http import HttpRequest, HttpResponse


class RailHook:
    """A payment rail's callback: the instance is the view."""

    def __init__(self, *, secret: str) -> None:
        self.secret = secret

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse(status=204)

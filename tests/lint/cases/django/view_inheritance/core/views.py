from __future__ import annotations

import json
import time
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.views import View


class BaseView(View):
    """The project's base: no handlers of its own."""

    def payload(self) -> dict[str, Any]:
        return json.loads(self.request.body)


class Postable:
    """A mixin that brings the handler; its subclasses bring the work."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return JsonResponse(self.perform(request))

    def perform(self, request: HttpRequest) -> dict[str, Any]:
        return {}


class CommandView(Postable, BaseView):
    pass


class MethodTable(View):
    """Routes by itself: Django's own dispatch never runs."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        handler = getattr(self, f"on_{request.method.lower()}", None)
        return handler(request) if handler else HttpResponseNotAllowed(["GET", "POST"])


class TimingMixin:
    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        started = time.monotonic()
        response = super().dispatch(request, *args, **kwargs)
        response["Server-Timing"] = f"view;dur={time.monotonic() - started}"
        return response

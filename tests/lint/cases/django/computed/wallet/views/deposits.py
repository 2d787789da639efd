from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views import View

__all__ = ["Deposit"]


class Deposit(View):
    def post(self, request: HttpRequest) -> HttpResponse:
        return JsonResponse({})

from __future__ import annotations

from core.views import CommandView
from django.http import HttpRequest, HttpResponse, JsonResponse
from wallet.views import Balance as WalletBalance


class OpenPot(CommandView):
    def post(self, request: HttpRequest) -> HttpResponse:
        return super().post(request)


class PotReport(WalletBalance):
    def get(self, request: HttpRequest) -> HttpResponse:
        return JsonResponse({"pots": []})

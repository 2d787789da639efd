from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI, Router, Schema
from ninja.security import HttpBearer

from wallet.rail import rail


class Bearer(HttpBearer):
    def authenticate(self, request: HttpRequest, token: str) -> str | None:
        return token if request.method == "POST" else None


api = NinjaAPI(auth=None)
unmounted = Router()


class Payment(Schema):
    amount: int

    def post(self) -> int:
        return self.amount


@api.exception_handler(ValueError)
def on_value_error(request: HttpRequest, error: ValueError) -> HttpResponse:
    return api.create_response(request, {"message": str(error)}, status=400)


@api.get("/payments")
def payments(request: HttpRequest) -> list[dict[str, Any]]:
    return [rail.post("/payments", json={})]


@api.put("/payments")
def replace(request: HttpRequest) -> dict[str, str]:
    return {}


@api.post("/pay", auth=Bearer())
def pay(request: HttpRequest, payment: Payment) -> dict[str, int]:
    return {"paid": payment.post()}

from __future__ import annotations

from rest_framework.exceptions import ValidationError
from rest_framework.response import Response


class PaymentService:
    """``create`` and ``post`` of a service: called by views."""

    def create(self, amount: int) -> Response:
        if amount <= 0:
            raise ValidationError("amount")
        return self.post(amount)

    def post(self, amount: int) -> Response:
        return Response({"amount": amount})


def exception_handler(exc: Exception, context: dict[str, object]) -> Response | None:
    request = context["request"]
    return Response(status=400) if getattr(request, "method", "") == "POST" else None

from __future__ import annotations

from typing import Any

from core.api import ApiView as Base
from core.api import CommandView, EnvelopeMixin
from django.utils.decorators import method_decorator
from django.views.decorators.csrf import csrf_exempt
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from idem_runtime import money_moving, not_money_moving


class IsTeller(BasePermission):
    def has_permission(self, request: Request, view: APIView) -> bool:
        return request.method == "POST" or bool(request.user)


class TransferList(APIView):
    permission_classes = [IsTeller]

    def get(self, request: Request) -> Response:
        return Response([])

    @money_moving
    def post(self, request: Request) -> Response:
        return Response(request.data, status=201)


class Reverse(Base):
    def post(self, request: Request, pk: int) -> Response:
        return Response({"reversed": pk})


class Balance(Base):
    def get(self, request: Request) -> Response:
        return Response({"balance": 0})


class Payout(CommandView):
    def handle(self, request: Request, **kwargs: Any) -> dict[str, Any]:
        return {"paid": True}


@method_decorator(money_moving, name="post")
class Refund(CommandView):
    def handle(self, request: Request, **kwargs: Any) -> dict[str, Any]:
        return {"refunded": True}


class PartialRefund(Refund):
    pass


@method_decorator(csrf_exempt, name="dispatch")
class RailHook(APIView):
    authentication_classes: list[Any] = []
    permission_classes: list[Any] = []

    def post(self, request: Request, rail: str) -> Response:
        return Response({"rail": rail})


class Closed(CommandView):
    http_method_names = ["get", "options"]

    def get(self, request: Request) -> Response:
        return Response({})


class Quote(Base):
    @not_money_moving(reason="prices only")
    def post(self, request: Request) -> Response:
        return Response({"fee": 3})


class Guarded(Base):
    permission_classes = [IsTeller]
    throttle_classes: list[Any] = []

    def post(self, request: Request) -> Response:
        return Response({})

    def put(self, request: Request) -> Response:
        return self.post(request)


class Enveloped(EnvelopeMixin, Base):
    def post(self, request: Request) -> Response:
        return Response({})


class WithInitial(Base):
    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)

    def post(self, request: Request) -> Response:
        return Response({})


class OptionsOnly(APIView):
    def options(self, request: Request) -> Response:
        return Response({"post": False})

    def postpone(self, request: Request) -> Response:
        return Response({})

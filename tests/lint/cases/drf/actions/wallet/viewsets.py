from __future__ import annotations

from core.actions import BaseViewSet, ReversibleMixin, post_action
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from rest_framework import decorators, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from idem_runtime import money_moving, not_money_moving
from wallet.models import Payment
from wallet.serializers import PaymentSerializer

WRITES = ("post", "put")


class AccountViewSet(viewsets.ReadOnlyModelViewSet):
    queryset = Payment.objects.all()
    serializer_class = PaymentSerializer

    @action(detail=True, methods=["post"])
    @money_moving
    def transfer(self, request: Request, pk: str) -> Response:
        return Response({"moved": pk})

    @action(detail=True, methods=["POST"], url_path="pay-out", url_name="payout")
    def pay_out(self, request: Request, pk: str) -> Response:
        return Response({})

    @action(detail=False, methods=["get", "post"])
    def preferences(self, request: Request) -> Response:
        return Response({})

    @action(detail=False)
    def report(self, request: Request) -> Response:
        return Response([])

    @report.mapping.post
    def schedule_report(self, request: Request) -> Response:
        return Response({}, status=202)

    @action(detail=True)
    def holds(self, request: Request, pk: str) -> Response:
        return Response([])

    @holds.mapping.post
    @money_moving
    def place_hold(self, request: Request, pk: str) -> Response:
        return Response({})

    @holds.mapping.delete
    def release_hold(self, request: Request, pk: str) -> Response:
        return Response({})

    @action(methods=WRITES, detail=True)
    def limits(self, request: Request, pk: str) -> Response:
        return Response({})

    @decorators.action(["post"], True)
    def freeze(self, request: Request, pk: str) -> Response:
        return Response({})

    @action(detail=True, methods=["patch", "delete"])
    def label(self, request: Request, pk: str) -> Response:
        return Response({})

    @action(detail=False, methods={"post", "get"})
    @not_money_moving(reason="searches by a body that is too long for a query string")
    def search(self, request: Request) -> Response:
        return Response([])

    @method_decorator(never_cache)
    @action(detail=False, methods=["post"])
    def sweep(self, request: Request) -> Response:
        return Response({})

    def roundup(self, request: Request) -> Response:
        return Response({})

    roundup = action(detail=False, methods=["post"])(roundup)

    def helper(self, request: Request) -> Response:
        """No action decorator, no route."""
        return Response({})


class CardViewSet(ReversibleMixin, BaseViewSet):
    """Has only the mixin's action."""

    queryset = Payment.objects.all()
    serializer_class = PaymentSerializer


class AuditedViewSet(ReversibleMixin, viewsets.ViewSet):
    def reverse(self, request: Request, pk: str) -> Response:
        """Hides the mixin's action: without the decorator there is no route."""
        return Response({})

    @post_action(url_path="charge")
    def charge(self, request: Request, pk: str) -> Response:
        return Response({})


class ReadViewSet(viewsets.GenericViewSet):
    http_method_names = ["get"]
    queryset = Payment.objects.all()
    serializer_class = PaymentSerializer

    @action(detail=False, methods=["get", "post"])
    def both(self, request: Request) -> Response:
        return Response({})

from __future__ import annotations

from rest_framework import viewsets
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from idem_runtime import money_moving
from wallet.models import Payment
from wallet.serializers import PaymentSerializer


class TransferViewSet(viewsets.ViewSet):
    @money_moving
    def create(self, request: Request) -> Response:
        return Response({})


class RefundViewSet(viewsets.ModelViewSet):
    queryset = Payment.objects.all()
    serializer_class = PaymentSerializer


class EntryViewSet(viewsets.ReadOnlyModelViewSet):
    queryset = Payment.objects.all()
    serializer_class = PaymentSerializer


class FeeViewSet(viewsets.ViewSet):
    async def acreate(self, request: Request) -> Response:
        """No action of a router: never called."""
        return Response({})

    def create(self, request: Request) -> Response:
        return Response({})


class DepositViewSet(viewsets.ViewSet):
    def create(self, request: Request) -> Response:
        return Response({})


class WithdrawalViewSet(viewsets.ViewSet):
    def list(self, request: Request) -> Response:
        return Response([])

    def create(self, request: Request) -> Response:
        return Response({})

    def destroy(self, request: Request, pk: str) -> Response:
        return Response({})


class PayoutView(APIView):
    def post(self, request: Request, format: str | None = None) -> Response:
        return Response({})


class UnroutedViewSet(viewsets.ReadOnlyModelViewSet):
    queryset = Payment.objects.all()
    serializer_class = PaymentSerializer

from __future__ import annotations

from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from idem_runtime import money_moving
from wallet.models import Payment
from wallet.serializers import PaymentSerializer


class AccountViewSet(viewsets.ModelViewSet):
    queryset = Payment.objects.all()
    serializer_class = PaymentSerializer

    @action(detail=True, methods=["post"])
    def close(self, request: Request, pk: str) -> Response:
        return Response({})


class TransferViewSet(viewsets.ViewSet):
    @money_moving
    def create(self, request: Request, account_pk: str) -> Response:
        return Response({"account": account_pk})


class EntryViewSet(viewsets.ReadOnlyModelViewSet):
    queryset = Payment.objects.all()
    serializer_class = PaymentSerializer

from __future__ import annotations

from rest_framework import viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from idem_runtime import money_moving
from wallet.models import Payment
from wallet.serializers import PaymentSerializer


class PaymentViewSet(viewsets.ModelViewSet):
    queryset = Payment.objects.all()
    serializer_class = PaymentSerializer


class TransferViewSet(viewsets.ViewSet):
    @money_moving
    def transfer(self, request: Request) -> Response:
        return Response({})

    def reverse(self, request: Request, pk: int) -> Response:
        return Response({})

    def show(self, request: Request, pk: int) -> Response:
        return Response({})

    def create(self, request: Request) -> Response:
        """In no map: no route."""
        return Response({})


class CardViewSet(viewsets.GenericViewSet):
    serializer_class = PaymentSerializer

    def create(self, request: Request) -> Response:
        return Response({})

    def list(self, request: Request) -> Response:
        return Response([])


class ReadOnlyUse(viewsets.ModelViewSet):
    """A full viewset of which only the list is routed."""

    queryset = Payment.objects.all()
    serializer_class = PaymentSerializer


class PutUse(viewsets.ModelViewSet):
    queryset = Payment.objects.all()
    serializer_class = PaymentSerializer


class Narrow(viewsets.ModelViewSet):
    queryset = Payment.objects.all()
    serializer_class = PaymentSerializer


class DeskViewSet(viewsets.ViewSet):
    def open(self, request: Request) -> Response:
        return Response({})

    def close(self, request: Request) -> Response:
        return Response({})

    def count(self, request: Request) -> Response:
        return Response({})

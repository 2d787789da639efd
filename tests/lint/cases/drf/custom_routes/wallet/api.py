from __future__ import annotations

from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ReadOnlyModelViewSet, ViewSet

from wallet.models import Payment
from wallet.serializers import PaymentSerializer


class CommandViewSet(ViewSet):
    def submit(self, request: Request) -> Response:
        return Response({})

    def replay(self, request: Request) -> Response:
        return Response({})

    def create(self, request: Request) -> Response:
        """This router gives POST to submit."""
        return Response({})

    @action(detail=False, methods=["post"])
    def settle(self, request: Request) -> Response:
        return Response({})

    @action(detail=True, methods=["post"])
    def undo(self, request: Request, pk: str) -> Response:
        """This router has no routes for details."""
        return Response({})


class PlainViewSet(ReadOnlyModelViewSet):
    queryset = Payment.objects.all()
    serializer_class = PaymentSerializer

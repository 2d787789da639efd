from __future__ import annotations

from rest_framework import generics, viewsets
from rest_framework.decorators import action, api_view
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from wallet.models import Payment
from wallet.permissions import MayPay
from wallet.serializers import PaymentSerializer


class EntryViewSet(viewsets.ReadOnlyModelViewSet):
    queryset = Payment.objects.all()
    serializer_class = PaymentSerializer

    @action(detail=False)
    def totals(self, request: Request) -> Response:
        return Response({"posted": request.method == "POST"})

    def perform_create(self, serializer: PaymentSerializer) -> None:
        serializer.save()


class EntryList(generics.ListAPIView):
    queryset = Payment.objects.all()
    serializer_class = PaymentSerializer


@api_view(["GET", "HEAD"])
def me(request: Request) -> Response:
    return Response({})


class PayView(APIView):
    permission_classes = [MayPay]

    def post(self, request: Request) -> Response:
        return Response({})

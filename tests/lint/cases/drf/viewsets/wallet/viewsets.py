from __future__ import annotations

from typing import Any

from django.utils.decorators import method_decorator
from rest_framework import mixins, viewsets
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.viewsets import GenericViewSet, ModelViewSet, ReadOnlyModelViewSet, ViewSet

from idem_runtime import money_moving, not_money_moving
from wallet.models import Payment
from wallet.serializers import PaymentSerializer


class PaymentViewSet(viewsets.ModelViewSet):
    queryset = Payment.objects.all()
    serializer_class = PaymentSerializer


class TransferViewSet(ModelViewSet):
    queryset = Payment.objects.all()
    serializer_class = PaymentSerializer

    def perform_create(self, serializer: BaseSerializer) -> None:
        serializer.save()


class PaymentReadViewSet(ReadOnlyModelViewSet):
    queryset = Payment.objects.all()
    serializer_class = PaymentSerializer


class DraftViewSet(ViewSet):
    def list(self, request: Request) -> Response:
        return Response([])

    @money_moving
    def create(self, request: Request) -> Response:
        return Response({}, status=201)

    def post(self, request: Request) -> Response:
        """Never reached: a router maps POST to create, and the map wins."""
        return Response({})


class HoldViewSet(mixins.CreateModelMixin, mixins.RetrieveModelMixin, GenericViewSet):
    queryset = Payment.objects.all()
    serializer_class = PaymentSerializer


class BulkViewSet(ModelViewSet):
    queryset = Payment.objects.all()
    serializer_class = PaymentSerializer

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        serializer = self.get_serializer(data=request.data, many=True)
        serializer.is_valid(raise_exception=True)
        self.perform_create(serializer)
        return Response(serializer.data, status=201)


class NarrowedViewSet(ModelViewSet):
    http_method_names = ["get", "patch", "head", "options"]
    queryset = Payment.objects.all()
    serializer_class = PaymentSerializer


class FilteredViewSet(ModelViewSet):
    http_method_names = [name for name in ModelViewSet.http_method_names if name not in ("post", "put")]
    queryset = Payment.objects.all()
    serializer_class = PaymentSerializer


class PatchedViewSet(BulkViewSet):
    http_method_names = ["post", "patch"]


@method_decorator(name="create", decorator=money_moving)
class MarkedViewSet(ModelViewSet):
    queryset = Payment.objects.all()
    serializer_class = PaymentSerializer


class QuoteViewSet(viewsets.GenericViewSet):
    serializer_class = PaymentSerializer

    @not_money_moving(reason="prices only")
    def create(self, request: Request) -> Response:
        return Response({"fee": 1})


class UpdateViewSet(mixins.UpdateModelMixin, mixins.ListModelMixin, GenericViewSet):
    """No create: POST is 405."""

    queryset = Payment.objects.all()
    serializer_class = PaymentSerializer

    def perform_create(self, serializer: BaseSerializer) -> None:
        serializer.save()

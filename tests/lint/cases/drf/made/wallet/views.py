from __future__ import annotations

from rest_framework import generics, mixins, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from common.methods import ALL_METHODS, READ_METHODS
from idem_runtime import money_moving
from wallet.models import Payment
from wallet.serializers import PaymentSerializer


class Borrowed(mixins.CreateModelMixin, generics.GenericAPIView):
    """Takes the mixin's function for its post."""

    serializer_class = PaymentSerializer
    post = mixins.CreateModelMixin.create


class Both(generics.CreateAPIView, generics.ListAPIView):
    queryset = Payment.objects.all()
    serializer_class = PaymentSerializer


class Limited(generics.ListCreateAPIView):
    http_method_names = READ_METHODS
    queryset = Payment.objects.all()
    serializer_class = PaymentSerializer


class Forced(Limited):
    """Gives POST back to what its base took away."""

    http_method_names = ALL_METHODS


class Again(Limited):
    http_method_names = [*Limited.http_method_names, "post"]

    @money_moving
    def create(self, request: Request) -> Response:
        return super().create(request)


class BaseCommand(viewsets.ViewSet):
    prefix = ""

    def create(self, request: Request) -> Response:
        return Response(self.run(request))

    def run(self, request: Request) -> dict[str, object]:
        return {}


class Transfer(BaseCommand):
    prefix = "transfers"

    def run(self, request: Request) -> dict[str, object]:
        return {"moved": True}


class Refund(BaseCommand):
    prefix = "refunds"

    @money_moving
    def create(self, request: Request) -> Response:
        return super().create(request)

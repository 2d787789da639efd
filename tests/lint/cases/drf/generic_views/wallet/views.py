from __future__ import annotations

from typing import Any

from django.utils.decorators import method_decorator
from rest_framework import generics, mixins
from rest_framework.generics import CreateAPIView, GenericAPIView, ListCreateAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from idem_runtime import money_moving
from wallet.models import Payment
from wallet.serializers import PaymentSerializer


class PaymentList(generics.ListCreateAPIView):
    queryset = Payment.objects.all()
    serializer_class = PaymentSerializer


class PaymentCreate(CreateAPIView):
    serializer_class = PaymentSerializer


class PaymentDetail(generics.RetrieveUpdateDestroyAPIView):
    """PUT, PATCH and DELETE: no POST."""

    queryset = Payment.objects.all()
    serializer_class = PaymentSerializer


class PaymentRead(generics.ListAPIView):
    queryset = Payment.objects.all()
    serializer_class = PaymentSerializer


class OwnPost(ListCreateAPIView):
    queryset = Payment.objects.all()
    serializer_class = PaymentSerializer

    @money_moving
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.create(request, *args, **kwargs)


class OwnCreate(generics.CreateAPIView):
    serializer_class = PaymentSerializer

    @money_moving
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().create(request, *args, **kwargs)


class Performing(CreateAPIView):
    serializer_class = PaymentSerializer

    def perform_create(self, serializer: BaseSerializer) -> None:
        serializer.save(amount=1)


class Mixed(mixins.ListModelMixin, mixins.CreateModelMixin, GenericAPIView):
    queryset = Payment.objects.all()
    serializer_class = PaymentSerializer

    def get(self, request: Request) -> Response:
        return self.list(request)

    def post(self, request: Request) -> Response:
        return self.create(request)


class Forgotten(mixins.CreateModelMixin, GenericAPIView):
    """The mixin brings create but no post: 405."""

    serializer_class = PaymentSerializer


class Narrowed(ListCreateAPIView):
    http_method_names = ["get", "head", "options"]
    queryset = Payment.objects.all()
    serializer_class = PaymentSerializer


@method_decorator(money_moving, name="create")
class Marked(CreateAPIView):
    serializer_class = PaymentSerializer


class PaymentBase(ListCreateAPIView):
    """Abstract: registered nowhere itself."""

    serializer_class = PaymentSerializer

    def get_queryset(self):
        return Payment.objects.filter(pk=self.request.user.pk)


class Based(PaymentBase):
    pass


class Upsert(mixins.CreateModelMixin, mixins.UpdateModelMixin, generics.GenericAPIView):
    queryset = Payment.objects.all()
    serializer_class = PaymentSerializer

    def put(self, request: Request, pk: int) -> Response:
        return self.create(request)

    def dispatch(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().dispatch(request, *args, **kwargs)

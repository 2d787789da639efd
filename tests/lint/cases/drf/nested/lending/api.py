from __future__ import annotations

from rest_framework.mixins import CreateModelMixin
from rest_framework.viewsets import GenericViewSet

from wallet.models import Payment
from wallet.serializers import PaymentSerializer


class RepaymentViewSet(CreateModelMixin, GenericViewSet):
    queryset = Payment.objects.all()
    serializer_class = PaymentSerializer

from __future__ import annotations

from wallet.models import Payment
from wallet.serializers import PaymentSerializer

from .base import CreateListViewSet


class RunViewSet(CreateListViewSet):
    queryset = Payment.objects.all()
    serializer_class = PaymentSerializer

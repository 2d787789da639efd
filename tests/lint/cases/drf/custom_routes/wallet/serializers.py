from __future__ import annotations

from typing import Any

from rest_framework import serializers

from wallet.models import Payment


class PaymentSerializer(serializers.ModelSerializer):
    class Meta:
        model = Payment
        fields = ["id", "amount"]

    def create(self, validated_data: dict[str, Any]) -> Payment:
        """Called by the view: no handler."""
        return Payment.objects.create(**validated_data)

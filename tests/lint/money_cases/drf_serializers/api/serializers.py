from rest_framework import serializers

from api.models import Account, Payout, Ticket, Transaction


class TransactionSerializer(serializers.ModelSerializer):
    class Meta:
        model = Transaction
        fields = ["account", "amount_cents"]


class TicketSerializer(serializers.ModelSerializer):
    class Meta:
        model = Ticket
        fields = ["subject"]


class AccountSerializer(serializers.ModelSerializer):
    class Meta:
        model = Account
        fields = ["name"]


class PayoutSerializer(serializers.ModelSerializer):
    class Meta:
        model = Payout
        fields = ["account", "amount_cents"]


class ChargeSerializer(serializers.Serializer):
    account = serializers.IntegerField()
    amount_cents = serializers.IntegerField()

    def create(self, validated_data):
        return Transaction.objects.create(  # writes: direct
            account_id=validated_data["account"], amount_cents=-validated_data["amount_cents"]
        )

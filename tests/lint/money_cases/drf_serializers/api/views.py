from rest_framework import generics, mixins, status, viewsets
from rest_framework.decorators import action, api_view
from rest_framework.response import Response
from rest_framework.views import APIView

from api.models import Account, Payout, Ticket, Transaction
from api.serializers import (
    AccountSerializer,
    ChargeSerializer,
    PayoutSerializer,
    TicketSerializer,
    TransactionSerializer,
)


# moves: likely  kind: direct  chain: TransactionCreate  writes: direct  why: perform_create saves the serializer's model
class TransactionCreate(generics.CreateAPIView):
    queryset = Transaction.objects.all()
    serializer_class = TransactionSerializer


# moves: no  why: the same class, another model
class TicketCreate(generics.CreateAPIView):
    queryset = Ticket.objects.all()
    serializer_class = TicketSerializer


class Charge(APIView):
    # moves: likely  kind: direct  chain: Charge.post -> ChargeSerializer.create
    def post(self, request):
        serializer = ChargeSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        serializer.save()
        return Response(status=status.HTTP_201_CREATED)


class Validate(APIView):
    # moves: no  why: it validates and saves nothing
    def post(self, request):
        serializer = ChargeSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        return Response(serializer.validated_data)


# moves: likely  kind: instruction  chain: PayoutViewSet -> PayoutViewSet.perform_create
class PayoutViewSet(mixins.CreateModelMixin, viewsets.GenericViewSet):
    queryset = Payout.objects.all()
    serializer_class = PayoutSerializer

    def perform_create(self, serializer):
        serializer.save(status="queued")  # writes: instruction

    # moves: likely  kind: direct  chain: PayoutViewSet.complete
    @action(detail=True, methods=["post"])
    def complete(self, request, pk=None):
        payout = self.get_object()
        payout.status = "paid"  # writes: direct
        payout.save()
        return Response(status=status.HTTP_204_NO_CONTENT)

    # moves: no  why: it reads
    @action(detail=False, methods=["post"])
    def summary(self, request):
        return Response({"count": self.get_queryset().count()})


# moves: no  why: the serializer leaves the balance out
class AccountViewSet(viewsets.ModelViewSet):
    queryset = Account.objects.all()
    serializer_class = AccountSerializer


# moves: likely  kind: direct  chain: adjust
@api_view(["POST"])
def adjust(request, pk):
    account = Account.objects.select_for_update().get(pk=pk)
    account.balance_cents += int(request.data["cents"])  # writes: direct
    account.save()
    return Response({"balance": account.balance_cents})

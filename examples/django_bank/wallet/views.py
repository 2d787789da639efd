"""Money-moving handlers: what they write with the ORM commits together with their key and answer, or not at all."""

import json

from django.db import IntegrityError, transaction
from django.db.models import F
from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from idem_runtime import money_moving, not_money_moving
from wallet.models import Account, Entry


def post(name: str, amount: int) -> Entry:
    """One entry, and the balance with it."""
    Account.objects.filter(name=name).update(balance=F("balance") + amount)
    return Entry.objects.create(account=Account.objects.get(name=name), amount=amount)


@csrf_exempt
@require_POST
@money_moving
def transfer(request: HttpRequest) -> JsonResponse:
    """A function view. What it raises undoes everything; what it returns is recorded with its effect."""
    asked = json.loads(request.body)
    try:
        with transaction.atomic():  # a part: what fails in it is undone alone
            post(asked["from"], -asked["amount"])
    except IntegrityError:  # the balance would be negative
        return JsonResponse({"error": "insufficient funds"}, status=402)
    entry = post(asked["to"], asked["amount"])
    transaction.on_commit(lambda: print(f"transfer {entry.pk}"))  # once, and never for a replay
    return JsonResponse({"id": entry.pk}, status=201)


class Deposits(ViewSet):
    """REST framework: the mark is below authentication, permissions and throttling."""

    authentication_classes = ()
    permission_classes = ()

    @money_moving
    def create(self, request: Request) -> Response:
        entry = post(request.data["to"], request.data["amount"])
        return Response({"id": entry.pk}, status=201)

    @action(detail=False, methods=["post"])
    @not_money_moving(reason="reads rates only")
    def quote(self, request: Request) -> Response:
        return Response({"fee": 1})

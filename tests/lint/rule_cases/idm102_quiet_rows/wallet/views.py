from django.urls import path
from django.views import View
from fastapi import APIRouter
from sqlmodel import Session, select

from wallet.models import LedgerEntry, KeptLedgerEntry, LedgerEntryPublic, Payment

router = APIRouter()


def line(amount):
    return Payment(amount=amount, account="a")


class Cart(View):
    def get(self, request):  # shows what would be paid, and saves the cart alone
        item = request.carts.of(request.user).first()
        if item is None:
            item = None
        item.save()
        return line(1)


class Paid(View):
    def get(self, request):  # want IDM102
        payment = line(1)
        payment.save()


class Old(View):
    def put(self, request):
        payment = Payment.objects.get(pk=request.pk)
        payment.save()


def show(entry: LedgerEntry) -> LedgerEntryPublic:
    return LedgerEntryPublic(id=entry.id, account_id=entry.account_id, amount=entry.amount)


@router.get("/wallet/entries")
def entries(session: Session):
    entry = session.exec(select(LedgerEntry)).first()
    return show(entry)


@router.put("/wallet/entries")
def keep(session):  # want IDM102
    session.add(LedgerEntry(account_id=1, amount=1))


@router.patch("/wallet/entries")
def keep_another(session):  # want IDM102
    session.add(KeptLedgerEntry(account_id=1, amount=1))


urlpatterns = [path("cart", Cart.as_view()), path("paid", Paid.as_view()), path("old", Old.as_view())]

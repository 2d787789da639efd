from django.http import HttpResponse
from django.views.decorators.http import require_POST

from books.models import Account, Bill, Payment, PaymentStatus, Posting


def done():
    return HttpResponse(status=204)


# moves: likely  kind: direct  chain: related
@require_POST
def related(request, pk):
    Account.objects.get(pk=pk).postings.create(amount=1)  # writes: direct
    return done()


# moves: likely  kind: direct  chain: upsert
@require_POST
def upsert(request, pk):
    Posting.objects.update_or_create(account_id=pk, defaults={"amount": 1})  # writes: direct
    return done()


# moves: likely  kind: direct  chain: asynchronous
@require_POST
async def asynchronous(request, pk):
    await Posting.objects.acreate(account_id=pk, amount=1)  # writes: direct
    return done()


# moves: likely  kind: direct  chain: from_mapping
@require_POST
def from_mapping(request, pk):
    values = {"account_id": pk, "amount": request.POST["amount"]}
    posting = Posting(**values)
    posting.save()  # writes: direct
    return done()


# moves: likely  kind: direct  chain: settle
@require_POST
def settle(request, pk):
    Payment.objects.filter(pk=pk).update(status=PaymentStatus.PAID)  # writes: direct
    return done()


# moves: likely  kind: direct  chain: by_loop
@require_POST
def by_loop(request, pk):
    account = Account.objects.get(pk=pk)
    for name, value in {"balance": 5}.items():
        setattr(account, name, value)  # writes: direct
    account.save()
    return done()


# moves: likely  kind: direct  chain: pay_bill -> Bill.pay
@require_POST
def pay_bill(request, pk):
    bill = Bill.objects.get(pk=pk)
    bill.pay()
    bill.save()
    return done()


# moves: likely  kind: direct  chain: act -> perform -> Bill.pay  why: the name of the method is an argument
@require_POST
def act(request, pk):
    perform(Bill.objects.filter(pk=pk), "pay")
    return done()


def perform(queryset, action):
    for bill in queryset:
        getattr(bill, action)()
        bill.save()


# moves: no  why: the same helper, another method
@require_POST
def cancel(request, pk):
    perform(Bill.objects.filter(pk=pk), "cancel")
    return done()


# moves: likely  kind: direct  chain: confirm  why: the provider has said that it is paid
@require_POST
def confirm(request, pk):
    Payment.objects.filter(pk=pk).update(status=PaymentStatus.CONFIRMED)  # writes: direct
    return done()


# moves: no  why: a text
@require_POST
def annotate(request, pk):
    Account.objects.filter(pk=pk).update(note=request.POST["note"])
    return done()


# moves: no  why: a status on the way
@require_POST
def wait(request, pk):
    Payment.objects.filter(pk=pk).update(status=PaymentStatus.WAITING)
    return done()

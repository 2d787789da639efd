from decimal import Decimal

from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.views import View
from django.views.decorators.http import require_POST

from bank.models import Invoice, LoanApplication, Payment, PaymentReport, Wallet


# moves: likely  kind: direct  chain: pay
@require_POST
def pay(request, pk):
    wallet = get_object_or_404(Wallet, pk=pk)
    payment = Payment.objects.create(wallet=wallet, amount=Decimal(request.POST["amount"]))  # writes: direct
    return JsonResponse({"id": payment.pk})


# moves: likely  kind: direct  chain: top_up -> Wallet.credit
@require_POST
def top_up(request, pk):
    wallet = get_object_or_404(Wallet, pk=pk)
    wallet.credit(Decimal(request.POST["amount"]))
    return HttpResponse(status=204)


# moves: likely  kind: direct  chain: settle -> Payment.mark_paid
@require_POST
def settle(request, pk):
    Payment.objects.get(pk=pk).mark_paid()
    return HttpResponse(status=204)


# moves: likely  kind: direct  chain: distribute
@require_POST
def distribute(request):
    shares = [Payment(wallet=wallet, amount=Decimal(1)) for wallet in Wallet.objects.all()]
    Payment.objects.bulk_create(shares)  # writes: direct
    return HttpResponse(status=204)


# moves: likely  kind: direct  chain: pay_interest
@require_POST
def pay_interest(request):
    from django.db.models import F

    Wallet.objects.filter(balance__gt=0).update(balance=F("balance") * Decimal("1.01"))  # writes: direct
    return HttpResponse(status=204)


# moves: likely  kind: direct  chain: collect_invoice
@require_POST
def collect_invoice(request, pk):
    invoice = get_object_or_404(Invoice, pk=pk)
    invoice.state = Invoice.PAID  # writes: direct
    invoice.save(update_fields=["state"])
    return HttpResponse(status=204)


class Transfers(View):
    # moves: likely  kind: direct  chain: Transfers.post -> Transfers.book -> Wallet.credit
    def post(self, request):
        self.book(request.POST["target"], Decimal(request.POST["amount"]))
        return HttpResponse(status=204)

    def book(self, target, amount):
        Wallet.objects.get(owner=target).credit(amount)


# moves: no  why: an invoice asks for money
@require_POST
def send_invoice(request, pk):
    invoice = Invoice.objects.create(wallet_id=pk, amount=Decimal(request.POST["amount"]))
    invoice.state = Invoice.SENT
    invoice.save()
    return HttpResponse(status=204)


# moves: no  why: an application is decided later
@require_POST
def apply_for_loan(request, pk):
    LoanApplication.objects.create(wallet_id=pk, amount=Decimal(request.POST["amount"]))
    return HttpResponse(status=204)


# moves: no  why: a note is no money
@require_POST
def annotate_payment(request, pk):
    payment = get_object_or_404(Payment, pk=pk)
    payment.note = request.POST["note"]
    payment.save(update_fields=["note"])
    return HttpResponse(status=204)


# moves: no  why: the label of a wallet
@require_POST
def relabel(request, pk):
    get_object_or_404(Wallet, pk=pk).relabel(request.POST["label"])
    return HttpResponse(status=204)


# moves: no  why: a report sums up
@require_POST
def make_report(request, pk):
    wallet = get_object_or_404(Wallet, pk=pk)
    PaymentReport.objects.create(wallet=wallet, total_amount=wallet.available)
    return HttpResponse(status=204)


# moves: no  why: it reads with POST
@require_POST
def search_payments(request):
    found = Payment.objects.filter(amount__gte=Decimal(request.POST["at_least"]))
    return JsonResponse({"ids": list(found.values_list("pk", flat=True))})

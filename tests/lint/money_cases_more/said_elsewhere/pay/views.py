from copy import copy

import provider
from django.apps import apps
from django.conf import settings
from django.http import HttpResponse, HttpResponseBadRequest
from django.views.decorators.http import require_POST
from django.views.generic import CreateView, UpdateView

from pay import handlers
from pay.forms import PaymentForm, PlainForm, RuleForm
from pay.models import CardPayment, FeeRule, Notice, Order, State, get_badge_model, get_payment_model, get_rule_model
from pay.registry import events, listeners

DONE = "D"
FAILED = "failed"
HANDLERS = handlers


def answer():
    return HttpResponse(status=204)


def change(payment, state):
    payment.state = state  # writes: direct
    payment.save()


# moves: likely  kind: direct  chain: provider_says -> change  why: the provider says in its message how far the payment is
@require_POST
def provider_says(request):
    change(CardPayment.objects.get(pk=request.POST["pk"]), request.POST["state"])
    return answer()


# moves: likely  kind: direct  chain: by_code -> change  why: a code says nothing to a reader
@require_POST
def by_code(request):
    change(CardPayment.objects.get(pk=request.POST["pk"]), DONE)
    return answer()


# moves: no  why: no column that says how far a payment is
@require_POST
def note(request):
    payment = CardPayment.objects.get(pk=request.POST["pk"])
    payment.note = request.POST["note"]
    payment.save()
    return answer()


# moves: no  why: a state in which no money has moved
@require_POST
def fail(request):
    payment = CardPayment.objects.get(pk=request.POST["pk"])
    payment.state = FAILED
    payment.save()
    return answer()


# moves: likely  kind: direct  chain: swapped  why: a setting names the model, and the function that asks for it is called after it
@require_POST
def swapped(request):
    get_payment_model().objects.create(amount=request.POST["amount"])  # writes: direct
    return answer()


# moves: no  why: another model that a setting names
@require_POST
def swapped_rule(request):
    get_rule_model().objects.create(amount=request.POST["amount"])
    get_rule_model()(amount=request.POST["amount"]).save()
    return answer()


# moves: likely  kind: direct  chain: columns  why: any column may be among them, the amount and the state, too
@require_POST
def columns(request):
    payment = get_payment_model().objects.get(pk=request.POST["pk"])
    for name, value in request.POST.items():
        setattr(payment, name, value)  # writes: direct
    payment.save()
    return answer()


# moves: no  why: the columns of a rule
@require_POST
def columns_of_a_rule(request):
    rule = FeeRule.objects.get(pk=request.POST["pk"])
    for name, value in request.POST.items():
        setattr(rule, name, value)
    return answer()


def book(amount, note):
    missing = [name for name, value in {"amount": amount, "note": note}.items() if not value]
    if missing:
        raise ValueError(missing)
    CardPayment.objects.create(amount=amount, note=note)  # writes: direct


# moves: likely  kind: direct  chain: checked -> book  why: that something may be missing does not end the function
@require_POST
def checked(request):
    book(request.POST["amount"], request.POST["note"])
    return answer()


def refuse(amount, strict):
    if strict:
        raise ValueError(amount)
    CardPayment.objects.create(amount=amount)


# moves: no  why: a flag that is given always ends the function
@require_POST
def filtered(request):
    refuse(request.POST["amount"], strict=True)
    return HttpResponseBadRequest()


# moves: likely  kind: direct  chain: event -> captured  why: one of what the registry was given
@require_POST
def event(request):
    handler = events.get(request.POST["event"])
    handler(request.POST)
    return answer()


# moves: no  why: another registry, whose functions write nothing
@require_POST
def told(request):
    for listener in listeners._listeners:
        listener(request.POST)
    return answer()


# moves: likely  kind: direct  chain: NewPayment -> PaymentForm.save  why: the form's own save goes on to Django's
class NewPayment(CreateView):
    form_class = PaymentForm


# moves: no  why: a form of a rule
class NewRule(CreateView):
    form_class = RuleForm


# moves: likely  kind: direct  chain: order -> book_orders  why: a receiver of every model's signal asks itself for this one
@require_POST
def order(request):
    Order.objects.create(note=request.POST["note"])
    return answer()


# moves: no  why: the receiver asks for another model
@require_POST
def notice(request):
    Notice.objects.create(text=request.POST["text"])
    return answer()


# moves: likely  kind: direct  chain: Captured -> Captured.form_valid  why: the view's object is of its form's model
class Captured(UpdateView):
    form_class = PlainForm

    def form_valid(self, form):
        self.object.state = self.request.POST["state"]  # writes: direct
        return answer()


# moves: likely  kind: direct  chain: saved  why: what a form gives is of its model
@require_POST
def saved(request):
    payment = PlainForm(request.POST).save(commit=False)
    payment.state = request.POST["state"]  # writes: direct
    return answer()


# moves: likely  kind: direct  chain: named_by_setting  why: the setting is called after the model
@require_POST
def named_by_setting(request):
    payment = apps.get_model(settings.CARD_PAYMENT_MODEL)(amount=1)  # writes: direct
    payment.save()
    return answer()


# moves: no  why: neither the setting nor the function is called after a model
@require_POST
def unnamed(request):
    apps.get_model(settings.THING).objects.create(amount=1)
    apps.get_model().objects.create(amount=1)
    get_badge_model().objects.create(amount=1)
    return answer()


# moves: no  why: a status that is kept beside is no other status
@require_POST
def kept_beside(request):
    payment = CardPayment.objects.get(pk=request.POST["pk"])
    payment.state = copy(payment.note)
    return answer()


# moves: likely  kind: direct  chain: asked  why: the provider is asked
@require_POST
async def asked(request):
    payment = CardPayment.objects.get(pk=request.POST["pk"])
    payment.state = await provider.state_of(payment)  # writes: direct
    return answer()


# moves: likely  kind: direct  chain: by_member  why: the member's name says it, its value does not
@require_POST
def by_member(request):
    CardPayment.objects.filter(pk=1).update(state=State.CONFIRMED.value)  # writes: direct
    return answer()


LIVE = False
FROZEN = False


# moves: no  why: the module says that it never does
@require_POST
def never(request):
    if LIVE or FROZEN:
        CardPayment.objects.create(amount=2)
    return answer()

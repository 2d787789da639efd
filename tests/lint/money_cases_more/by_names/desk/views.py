from django.http import HttpResponse
from django.views import View
from django.views.decorators.http import require_POST

from desk.backends import _BACKENDS, backends
from desk.models import Payment, Price


def answer():
    return HttpResponse(status=204)


def kept(name):
    classes = backends(name)
    if not classes:
        return None
    for klass in classes:
        klass().write(1)


# moves: likely  kind: direct  chain: registered -> kept -> Books.write  why: a registry of classes, which begins empty
@require_POST
def registered(request):
    kept("books")
    return answer()


# moves: no  why: the same classes, another method
@require_POST
def looked_at(request):
    for klass in _BACKENDS[request.POST["name"]]:
        klass().look()
    return answer()


class Events(View):
    # moves: likely  kind: direct  chain: Events.post -> Events.on_paid  why: a method by the beginning of its name
    def post(self, request):
        handler = getattr(self, f"on_{request.POST['event']}")
        handler(request.POST)
        return answer()

    def on_paid(self, data):
        Payment.objects.create(amount=data["amount"])  # writes: direct

    def on_seen(self, data):
        print(data)


class Notes(View):
    # moves: no  why: the methods with this beginning write nothing
    def post(self, request):
        getattr(self, f"note_{request.POST['event']}")(request.POST)
        return answer()

    def note_paid(self, data):
        print(data)

    def book(self, data):
        Payment.objects.create(amount=data["amount"])


class Actions(View):
    # moves: likely  kind: direct  chain: Actions.post -> Actions.put_down  why: a method whose name the function has among its texts
    def post(self, request):
        action = request.POST["action"]
        if action not in {"put_down", "look"}:
            return answer()
        method = getattr(self, action)
        method(request.POST)
        return answer()

    def put_down(self, data):
        Payment.objects.create(amount=data["amount"])  # writes: direct

    def look(self, data):
        print(data)


# moves: likely  kind: direct  chain: correct  why: the amount of a payment that is there already
@require_POST
def correct(request):
    payment = Payment.objects.get(pk=request.POST["pk"])
    payment.amount = request.POST["amount"]  # writes: direct
    payment.save()
    return answer()


# moves: no  why: the amount of a price
@require_POST
def reprice(request):
    price = Price.objects.get(pk=request.POST["pk"])
    price.amount = request.POST["amount"]
    price.save()
    return answer()

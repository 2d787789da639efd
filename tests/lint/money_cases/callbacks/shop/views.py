import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from django.db import transaction
from django.http import HttpResponse
from django.views.decorators.http import require_POST

from shop.models import Notice, Payment

pool = ThreadPoolExecutor(2)


def capture(order):
    Payment.objects.create(order=order, amount=1, captured=True)  # writes: direct


def notify(order):
    Notice.objects.create(text=order)


def guarded(function):
    def view(request, order):
        if request.user.is_authenticated:
            return function(request, order)
        return HttpResponse(status=401)

    return view


# moves: likely  kind: direct  chain: after_commit -> capture
@require_POST
def after_commit(request, order):
    transaction.on_commit(lambda: capture(order))
    return HttpResponse(status=202)


# moves: likely  kind: direct  chain: after_commit_partial -> capture
@require_POST
def after_commit_partial(request, order):
    transaction.on_commit(partial(capture, order))
    return HttpResponse(status=202)


# moves: likely  kind: direct  chain: in_a_pool -> capture
@require_POST
def in_a_pool(request, order):
    pool.submit(capture, order)
    return HttpResponse(status=202)


# moves: likely  kind: direct  chain: in_a_thread -> capture
@require_POST
def in_a_thread(request, order):
    threading.Thread(target=capture, args=(order,)).start()
    return HttpResponse(status=202)


# moves: likely  kind: direct  chain: mapped -> capture
@require_POST
def mapped(request):
    list(map(capture, request.POST.getlist("order")))
    return HttpResponse(status=204)


# moves: likely  kind: direct  chain: decorated -> capture
@require_POST
@guarded
def decorated(request, order):
    capture(order)
    return HttpResponse(status=204)


# moves: likely  kind: direct  chain: nested -> nested.work -> capture
@require_POST
def nested(request, order):
    def work():
        capture(order)

    work()
    return HttpResponse(status=204)


# moves: no  why: what runs after the commit tells people
@require_POST
def tell_after_commit(request, order):
    transaction.on_commit(lambda: notify(order))
    return HttpResponse(status=202)


# moves: no  why: the function is named and never called
@require_POST
def names_only(request, order):
    known = {"capture": capture}
    return HttpResponse(", ".join(known))

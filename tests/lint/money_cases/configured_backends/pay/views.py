from django.conf import settings
from django.http import HttpResponse
from django.views.decorators.http import require_POST

from pay.backends import configured, get_backend, module_of


# moves: likely  kind: external  chain: by_name -> StripeBackend.charge  why: a registry of one class
@require_POST
def by_name(request):
    get_backend(request.POST["backend"]).charge(request.POST["order"], 100)
    return HttpResponse(status=204)


# moves: likely  kind: external  chain: by_setting  writes: external  why: a backend from a setting, and money in every name: weak signs that count together
@require_POST
def by_setting(request):
    configured().charge(request.POST["order"], 100)
    return HttpResponse(status=204)


# moves: likely  kind: external  chain: charge_through_module  writes: external  why: a computed module, and money in every name
@require_POST
def charge_through_module(request, provider):
    module_of(provider).charge_payment(request.POST["order"], 100)
    return HttpResponse(status=204)


# moves: no  named: yes  why: named like money, and nothing is written that can be seen
@require_POST
def pay_by_plugin(request):
    settings.HOOKS["pay"](request.POST["order"])
    return HttpResponse(status=204)


# moves: no  why: a backend from a setting that says its name
@require_POST
def which_backend(request):
    return HttpResponse(configured().describe())

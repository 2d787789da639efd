from __future__ import annotations

import functools
from importlib import import_module

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import URLPattern, path
from django.utils.module_loading import import_string
from django.views.decorators.cache import cache_page, never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST

import wallet.views as wv
from idem_runtime import money_moving, not_money_moving
from wallet.desk import Desk
from wallet.hooks import RailHook

desk = Desk("branch-7")
settle = require_POST(wv.settle)
protected = login_required


def health(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"up": True})


def lazily() -> list[URLPattern]:
    from wallet import late

    return [
        path("late/", late.transfer),
        path("late/computed/", import_module("wallet.late").payout),
    ]


urlpatterns = [
    path("health/", require_GET(health)),
    path("transfer/", csrf_exempt(wv.transfer)),
    path("transfer/marked/", money_moving(wv.marked_here)),
    path("transfer/both/", csrf_exempt(require_POST(money_moving(wv.both)))),
    path("quote/", not_money_moving(reason="reads the price list")(wv.quote)),
    path("only/", require_http_methods(["POST", "PUT"])(wv.restricted_here)),
    path("shown/", require_GET(wv.read_here)),
    path("twice/", require_GET(wv.twice)),
    path("twice/write/", require_POST(wv.twice)),
    path("settle/", settle),
    path("cached/", cache_page(60)(never_cache(wv.cached))),
    path("partial/", functools.partial(wv.by_kind, kind="payout")),
    path("lambda/", lambda request: JsonResponse({"moved": True})),
    path("desk/", desk.pay_out),
    path("desk/in/", login_required(desk.pay_in)),
    path("hook/", RailHook(secret="s3")),
    path("hook/exempt/", csrf_exempt(RailHook(secret="s4"))),
    path("imported/", import_string("wallet.late.refund")),
    path("shielded/", protected(wv.shielded)),
    *lazily(),
]

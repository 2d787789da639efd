from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse

from idem_runtime import money_moving, not_money_moving


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return HttpResponse(status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    return HttpResponse(status=500)


def first(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"done": "first"})


@money_moving
def second(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"done": "second"})


def third(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"done": "third"})


def fourth(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"done": "fourth"})


def fifth(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"done": "fifth"})


def sixth(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"done": "sixth"})


def debug_topup(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"done": "debug_topup"})


def topup(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"done": "topup"})


@not_money_moving(reason="moves text between languages")
def localised(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"done": "localised"})


def move(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"done": "move"})


def undo(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"done": "undo"})


def inline(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"done": "inline"})


@money_moving
def credit(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"done": "credit"})


def debit(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"done": "debit"})


def entries(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"done": "entries"})


def wallet_move(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"done": "wallet_move"})

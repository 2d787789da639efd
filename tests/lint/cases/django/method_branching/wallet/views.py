from __future__ import annotations

import json
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, HttpResponseNotAllowed, JsonResponse
from django.shortcuts import render

from idem_runtime import money_moving, not_money_moving

POST = "POST"


def equals(request: HttpRequest) -> HttpResponse:
    if request.method == POST:
        return JsonResponse({"moved": True})
    return JsonResponse({})


def turned_around(request: HttpRequest) -> HttpResponse:
    if "POST" == request.method:
        return JsonResponse({"moved": True})
    return JsonResponse({})


@money_moving
def member(req: HttpRequest) -> HttpResponse:
    if req.method in ("POST", "PUT"):
        return JsonResponse({"moved": True})
    return JsonResponse({})


def matched(request: HttpRequest) -> HttpResponse:
    match request.method:
        case "GET":
            return JsonResponse({})
        case "POST":
            return JsonResponse({"moved": True})
        case _:
            return HttpResponseNotAllowed(["GET", "POST"])


def lowered(request: HttpRequest) -> HttpResponse:
    if request.method.lower() == "post":
        return JsonResponse({"moved": True})
    return JsonResponse({})


def guarded(request: HttpRequest) -> HttpResponse:
    if request.method == "GET":
        return HttpResponseNotAllowed(["POST"])
    return JsonResponse({"moved": True})


def form_data(request: HttpRequest) -> HttpResponse:
    if request.POST:
        return JsonResponse({"moved": request.POST["amount"]})
    return render(request, "wallet/form.html")


def walrus(request: HttpRequest) -> HttpResponse:
    if (method := request.method) and method == "POST":
        return JsonResponse({"moved": True})
    return JsonResponse({})


def _show(request: HttpRequest) -> HttpResponse:
    return JsonResponse({})


def _move(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"moved": True})


BY_METHOD: dict[str, Callable[[HttpRequest], HttpResponse]] = {"GET": _show, "POST": _move}


def table_dispatch(request: HttpRequest) -> HttpResponse:
    return BY_METHOD[request.method](request)


@not_money_moving(reason="shows the rates of the day")
def read_by_nature(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"rates": {}})


def body_reader(request: HttpRequest) -> HttpResponse:
    try:
        payload = json.loads(request.body)
    except ValueError:
        return HttpResponseBadRequest()
    return JsonResponse(payload)


def OwnRequest(http_request: HttpRequest) -> HttpResponse:
    return JsonResponse({})


def starred(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"moved": True})


def via_meta(request: HttpRequest) -> HttpResponse:
    if request.META["REQUEST_METHOD"] == "POST":
        return JsonResponse({"moved": True})
    return JsonResponse({})

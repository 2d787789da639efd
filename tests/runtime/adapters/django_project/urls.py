"""The contract's bank on Django: functions, classes, sync and async."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import psycopg
from django.db import DatabaseError, connection, connections
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse, StreamingHttpResponse
from django.urls import include, path
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.http import require_POST

from idem_runtime import NotExecuted, money_moving, not_money_moving
from tests.runtime.adapters.contract import CAP
from tests.runtime.adapters.django_project.models import Entry

calls: list[int] = []


def amount(request: HttpRequest) -> int:
    return int(json.loads(request.body)["amount"])


def validated(view: Any) -> Any:
    """What stands before a view and its mark; without ``functools.wraps`` its mark is only in the closure."""

    def called(request: HttpRequest, **kwargs: Any) -> Any:
        if not isinstance(json.loads(request.body)["amount"], int):
            return HttpResponse(status=400)
        return view(request, **kwargs)

    return called


def write(request: HttpRequest, number: int | None = None) -> dict[str, Any]:
    entry = Entry(id=number, amount=amount(request))
    entry.save(force_insert=True)
    return {"id": entry.id, "amount": entry.amount}


def write_outside(request: HttpRequest) -> dict[str, Any]:
    with psycopg.connect(**psycopg_parameters(), autocommit=True) as db:
        row = db.execute(
            "INSERT INTO ledger (amount) VALUES (%s) RETURNING id", (amount(request),)
        ).fetchone()
        assert row is not None
        return {"id": row[0], "amount": amount(request)}


def psycopg_parameters() -> dict[str, Any]:
    said = connections["default"].settings_dict
    return {"dbname": said["NAME"], "user": said["USER"], "host": said["HOST"], "port": said["PORT"]}


@validated
@require_POST
@money_moving
def transfers(request: HttpRequest) -> HttpResponse:
    done = write(request)
    response = JsonResponse(done, status=201, headers={"Location": f"/transfers/{done['id']}"})
    response.set_cookie("session", "alice's")
    return response


@money_moving(wait=15)
async def slow(request: HttpRequest) -> HttpResponse:
    await asyncio.sleep(0.3)
    entry = await Entry.objects.acreate(amount=amount(request))
    return JsonResponse({"id": entry.id, "amount": entry.amount}, status=201)


class Declined(View):
    @money_moving
    def post(self, request: HttpRequest) -> HttpResponse:
        write(request)
        return JsonResponse({"declined": True}, status=409)


class PaymentRequired(Exception):
    pass


class AnswersPayment:
    """What makes a 402 of an exception, as an application's own middleware does."""

    def __init__(self, get_response: Any) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> Any:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> Any:
        return HttpResponse("insufficient", status=402) if isinstance(exception, PaymentRequired) else None


@method_decorator(money_moving, name="post")
class Insufficient(View):
    def post(self, request: HttpRequest) -> HttpResponse:
        write(request)
        raise PaymentRequired


@money_moving
async def crash(request: HttpRequest) -> HttpResponse:
    await Entry.objects.acreate(amount=amount(request))
    raise RuntimeError("crash")


@money_moving
def unavailable(request: HttpRequest) -> HttpResponse:
    write(request)
    return JsonResponse({}, status=503)


@money_moving
def committing(request: HttpRequest) -> HttpResponse:
    done = write(request)
    with connection.cursor() as cursor:
        cursor.execute("COMMIT")
    return JsonResponse(done)


def violate(request: HttpRequest) -> None:
    done = write(request)
    try:
        write(request, done["id"])
    except DatabaseError:
        return
    raise AssertionError


@money_moving
def conflict(request: HttpRequest) -> HttpResponse:
    violate(request)
    return JsonResponse({"conflict": True}, status=409)


@money_moving
def swallowed(request: HttpRequest) -> HttpResponse:
    violate(request)
    return JsonResponse({"done": True})


@money_moving
def big(request: HttpRequest) -> HttpResponse:
    write(request)
    return HttpResponse("x" * (CAP + 1))


@money_moving
def stream(request: HttpRequest) -> StreamingHttpResponse:
    write(request)
    return StreamingHttpResponse(iter(["a", "b"]))


@money_moving
def empty(request: HttpRequest) -> HttpResponse:
    write(request)
    return HttpResponse(status=204)


@money_moving
def redirected(request: HttpRequest) -> HttpResponse:
    write(request)
    response = HttpResponseRedirect("/transfers/1")
    response.status_code = 303
    return response


@money_moving
class Account(View):
    def post(self, request: HttpRequest, name: str) -> HttpResponse:
        return JsonResponse(write(request), status=201)


@money_moving(effect="external")
def external(request: HttpRequest) -> HttpResponse:
    return JsonResponse(write_outside(request), status=201)


@money_moving(effect="external")
def external_crash(request: HttpRequest) -> HttpResponse:
    write_outside(request)
    raise RuntimeError("crash")


@money_moving(effect="external")
def not_executed(request: HttpRequest) -> HttpResponse:
    calls.append(1)
    if len(calls) % 2:
        raise NotExecuted
    return JsonResponse(write_outside(request), status=201)


@not_money_moving(reason="reads only")
def unmarked(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"fee": 1})


urlpatterns = [
    path("transfers", transfers),
    path("slow", slow),
    path("declined", Declined.as_view()),
    path("insufficient", Insufficient.as_view()),
    path("crash", crash),
    path("unavailable", unavailable),
    path("committing", committing),
    path("conflict", conflict),
    path("swallowed", swallowed),
    path("big", big),
    path("stream", stream),
    path("empty", empty),
    path("redirect", redirected),
    path("accounts/", include([path("<str:name>", Account.as_view())])),
    path("external", external),
    path("external-crash", external_crash),
    path("not-executed", not_executed),
    path("unmarked", unmarked),
]

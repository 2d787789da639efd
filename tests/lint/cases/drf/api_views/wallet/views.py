from __future__ import annotations

import functools
from collections.abc import Callable

from rest_framework import decorators, permissions, status
from rest_framework.decorators import api_view, authentication_classes, permission_classes
from rest_framework.decorators import api_view as drf_view
from rest_framework.request import Request
from rest_framework.response import Response

from idem_runtime import money_moving, not_money_moving
from wallet.methods import WRITES

POST_ONLY = ("POST",)
READS = ["GET"]
View = Callable[..., Response]


def logged(view: View) -> View:
    @functools.wraps(view)
    def inner(request: Request, *args: object, **kwargs: object) -> Response:
        return view(request, *args, **kwargs)

    return inner


def money_api(view: View) -> View:
    """The project's shorthand: route and mark in one."""
    return api_view(["POST"])(money_moving(view))


@api_view(["GET", "POST"])
@permission_classes([permissions.IsAuthenticated])
@money_moving
def transfers(request: Request) -> Response:
    if request.method == "POST":
        return Response(request.data, status=status.HTTP_201_CREATED)
    return Response([])


@api_view(["post"])
def deposit(request: Request) -> Response:
    return Response(request.data)


@decorators.api_view(POST_ONLY)
@authentication_classes([])
@permission_classes([])
def withdraw(request: Request, account: int) -> Response:
    return Response({"account": account})


@api_view()
def statement(request: Request) -> Response:
    return Response([])


@api_view(["GET"])
def ping(request: Request) -> Response:
    return Response({"method": request.method == "POST"})


@drf_view(http_method_names=["POST"])
@logged
def refund(request: Request) -> Response:
    return Response({})


@api_view(WRITES)
def payout(request: Request) -> Response:
    return Response({})


@api_view(READS + ["POST"])
def hold(request: Request) -> Response:
    return Response({})


@api_view(["POST"])
@not_money_moving(reason="prices only")
def quote(request: Request) -> Response:
    return Response({"fee": 1})


def made_here(request: Request) -> Response:
    return Response({})


@api_view(
    [
        "POST",
        "PATCH",
    ]
)
def adjust(
    request: Request,
) -> Response:
    return Response({})


@money_moving
@api_view(["POST"])
def marked_outside(request: Request) -> Response:
    return Response({})


@api_view([*READS, "DELETE", "POST"])
def sweep(request: Request) -> Response:
    return Response({})


@money_api
def capture(request: Request) -> Response:
    return Response({})

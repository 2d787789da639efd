from __future__ import annotations

from django.http import HttpRequest


def transfer(request: HttpRequest) -> dict[str, str]:
    return {"done": "transfer"}


def refund(request: HttpRequest) -> dict[str, str]:
    return {"done": "refund"}


def read(request: HttpRequest) -> dict[str, str]:
    return {"done": "read"}


def called(request: HttpRequest) -> dict[str, str]:
    return {"done": "called"}


def payout(request: HttpRequest) -> dict[str, str]:
    return {"done": "payout"}


def fee(request: HttpRequest) -> dict[str, str]:
    return {"done": "fee"}


def interest(request: HttpRequest) -> dict[str, str]:
    return {"done": "interest"}


def limit(request: HttpRequest) -> dict[str, str]:
    return {"done": "limit"}


def hold(request: HttpRequest) -> dict[str, str]:
    return {"done": "hold"}


def unused(request: HttpRequest) -> dict[str, str]:
    return {"done": "unused"}

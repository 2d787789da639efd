import functions_framework
import requests
from flask import Request
from functions_framework import http as endpoint
from idem_runtime import money_moving


class Payout:
    @staticmethod
    def from_dict(values):
        return Payout()

    def to_dict(self):
        return {}


@functions_framework.http
def pay(request: Request):
    return forward(request)


@endpoint
@money_moving
def refund(request: Request):
    return {}


@functions_framework.typed(Payout)
def pay_out(payout):
    return payout


@functions_framework.typed
def closed(payout: Payout):
    return payout


@functions_framework.http
def balance(request):
    return {"balance": 0}


@functions_framework.cloud_event
def on_settled(event):
    return None


def forward(request: Request):
    return requests.post("https://rail.example/pay", json=request.get_json()).json()

"""The bank under WSGI servers."""

import time
from typing import Any

import psycopg
from flask import Flask, abort, make_response, request

from idem_runtime import money_moving
from tests.runtime.soak import bank

idem = bank.idempotency()
app = Flask("bank")


@app.post("/transfers")
@money_moving
def transfer(db: psycopg.Connection[Any] = idem.lent) -> Any:
    order = bank.Order(**request.get_json())
    for statement, values in bank.lines(order):
        time.sleep(bank.nap())
        cursor = db.execute(statement, values)  # type: ignore[call-overload]
    bank.stumble()
    if order.declined:
        abort(make_response({"detail": "declined"}, 402))
    return bank.receipt(cursor.fetchone()[0]), 201


@app.post("/payouts")
@money_moving(effect="external")
def payout() -> Any:
    return bank.pay_out(bank.Order(**request.get_json())), 201


@app.get("/ready")
def ready() -> str:
    return "ready"


idem.init_app(app)

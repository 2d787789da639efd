"""Webhooks in Flask: the signature is checked above the mark, in a decorator or before the request."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from flask import Flask, abort, request
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from idem_runtime import Idempotency, money_moving, standard_webhook
from tests.runtime.adapters.contract import ledger
from tests.runtime.webhooks.providers import STANDARD_SECRET, Delivery, standard

EVENT = {"type": "payment.settled", "amount": 5}


def signed(view: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(view)
    def verified(*args: Any, **kwargs: Any) -> Any:
        try:
            Webhook(STANDARD_SECRET).verify(request.get_data(), dict(request.headers))
        except WebhookVerificationError:
            abort(401)
        return view(*args, **kwargs)

    return verified


@pytest.fixture
def app(dsn: str, db: psycopg.Connection[Any]) -> Iterator[Any]:
    idem = Idempotency(dsn)
    made = Flask("receiver")
    idem.init_app(made)

    @made.post("/above")
    @signed
    @money_moving(key=standard_webhook(), principal=lambda: "provider/main")
    def above() -> Any:
        idem.sync_connection().execute("INSERT INTO ledger (amount) VALUES (%s)", (request.json["amount"],))
        return "", 204

    @made.post("/inside")
    @money_moving(key=standard_webhook(), principal=lambda: "provider/main")
    def inside() -> Any:
        idem.sync_connection()
        return signed(above.__wrapped__.__wrapped__)()  # type: ignore[attr-defined]

    yield made.test_client()
    idem.close()


def post(app: Any, path: str, delivery: Delivery) -> Any:
    return app.post(path, data=delivery["content"], headers=delivery["headers"])


def test_a_delivery_again_is_executed_once_and_a_forgery_claims_no_key(
    app: Any, db: psycopg.Connection[Any]
) -> None:
    forged = post(app, "/above", standard(EVENT, name="msg_1", secret="whsec_d3Jvbmc="))
    answers = [post(app, "/above", standard(EVENT, name="msg_1", ago=ago)) for ago in (60, 30, 0)]
    assert (forged.status_code, [answer.status_code for answer in answers]) == (401, [204] * 3)
    assert ledger(db) == [5]


def test_a_check_inside_the_mark_lets_a_forgery_take_the_key_of_an_event(
    app: Any, db: psycopg.Connection[Any]
) -> None:
    """Why the check stands above: what a forgery was answered is replayed to the provider."""
    post(app, "/inside", standard(EVENT, name="msg_2", secret="whsec_d3Jvbmc="))
    assert post(app, "/inside", standard(EVENT, name="msg_2")).status_code == 401
    assert ledger(db) == []

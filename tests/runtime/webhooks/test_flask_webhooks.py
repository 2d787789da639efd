"""Webhooks in Flask: the signature is checked above the mark, in a decorator or before the request."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from flask import Flask, abort, request
from standardwebhooks.webhooks import Webhook, WebhookVerificationError
from werkzeug.exceptions import NotFound

from idem_runtime import Idempotency, NotExecuted, from_header, money_moving, standard_webhook, webhook_event
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
    @money_moving(key=from_header("webhook-id"), principal=lambda: "provider/main")
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
    """Why the check stands above: where refusals are recorded, a forgery's answer is replayed to the provider."""
    post(app, "/inside", standard(EVENT, name="msg_2", secret="whsec_d3Jvbmc="))
    assert post(app, "/inside", standard(EVENT, name="msg_2")).status_code == 401
    assert ledger(db) == []


@pytest.fixture
def too_early(dsn: str, db: psycopg.Connection[Any]) -> Iterator[Any]:
    """A receiver that knows no payment before it is in the ledger; ``/returned`` keeps a note, which goes with the refusal."""
    idem = Idempotency(dsn)
    made = Flask("receiver")
    idem.init_app(made)

    def settle(refuse: Callable[[], Any]) -> Any:
        connection = idem.sync_connection()
        connection.execute("INSERT INTO ledger (who, amount) VALUES ('note', 0)")
        if not connection.execute("SELECT 1 FROM ledger WHERE who = 'payment'").fetchone():
            return refuse()
        return "", 204

    @made.post("/raised")
    @money_moving(key=standard_webhook(), principal=lambda: "provider/main", connection="inside")
    def raised() -> Any:
        return settle(lambda: abort(404))

    @made.post("/returned")
    @money_moving(key=webhook_event("/id"), principal=lambda: "provider/main", connection="inside")
    def returned() -> Any:
        return settle(lambda: ("not known yet", 404))

    yield made.test_client()
    idem.close()


@pytest.mark.parametrize("path", ["/raised", "/returned"])
def test_an_event_that_comes_before_its_payment_is_executed_when_it_comes_again(
    too_early: Any, db: psycopg.Connection[Any], path: str
) -> None:
    def post() -> Any:
        answer = too_early.post(path, json={"id": "evt_1"}, headers={"webhook-id": "evt_1"})
        return answer.status_code, "idempotent-replayed" in answer.headers

    assert [post(), post(), ledger(db)] == [(404, False), (404, False), []]
    db.execute("INSERT INTO ledger (who, amount) VALUES ('payment', 5)")
    assert [post(), post(), sorted(ledger(db))] == [(204, False), (204, True), [0, 5]]


def test_of_an_external_effect_a_refusal_frees_the_key_only_where_nothing_was_executed(dsn: str) -> None:
    idem = Idempotency(dsn)
    app = Flask("receiver")
    idem.init_app(app)
    calls: list[str] = []

    @app.post("/webhook")
    @money_moving(key=standard_webhook(), principal=lambda: "provider/main", effect="external")
    def called() -> Any:
        calls.append(request.json["says"])
        try:
            abort(404)
        except NotFound as refusal:
            raise refusal from NotExecuted() if request.json["says"] == "unexecuted" else None

    for says in ("unexecuted", "maybe"):
        for _ in range(2):
            answer = app.test_client().post("/webhook", json={"says": says}, headers={"webhook-id": says})
            assert answer.status_code == 404
    idem.close()
    assert calls == ["unexecuted", "unexecuted", "maybe"]

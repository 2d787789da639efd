"""One Lambda function with several routes: what moves money is marked, one route at a time.

``lambda_handler`` is the function's handler. ``README.md`` says which protection to choose, what makes the tables, and how
to invoke it here. ``DATABASE_URL`` says where Postgres is.
"""

from __future__ import annotations

import json
import os
from typing import Any

import psycopg
from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError, UnauthorizedError
from aws_lambda_powertools.utilities.idempotency import IdempotencyConfig, idempotent_function
from aws_lambda_powertools.utilities.idempotency.exceptions import (
    IdempotencyAlreadyInProgressError,
    IdempotencyValidationError,
)
from psycopg_pool import ConnectionPool
from pydantic import BaseModel, Field, PositiveInt

from idem_runtime import Idempotency, money_moving, not_money_moving
from idem_runtime.adapters.powertools import PostgresPersistenceLayer

Db = psycopg.Connection[Any]


def customer_of(event: Any) -> str:
    """Who asks, as API Gateway's authorizer has found out; ``event``: the resolver's ``current_event``."""
    claims = event.request_context.authorizer.get("claims") or {}
    if "sub" not in claims:
        raise UnauthorizedError("log in first")
    return str(claims["sub"])


idem = Idempotency(principal=customer_of, pool_size=1)
app = APIGatewayRestResolver(enable_validation=True)
idem.install(app, require_marks=True)


class NewCase(BaseModel):
    client_token: str = Field(alias="clientToken", min_length=1)
    subject: str


class Case(BaseModel):
    id: int
    subject: str
    paid_cents: int = 0


class Payment(BaseModel):
    cents: PositiveInt


class Receipt(BaseModel):
    payment: int
    case: Case


def found(db: Db, case_id: int) -> Case:
    row = db.execute(
        "SELECT c.id, c.subject, coalesce(sum(p.cents), 0)::bigint FROM cases c LEFT JOIN payments p ON p.case_id = c.id "
        "WHERE c.id = %s AND c.customer = %s GROUP BY c.id",
        (case_id, customer_of(app.current_event)),
    ).fetchone()
    if row is None:
        raise NotFoundError("no such case")
    return Case(id=row[0], subject=row[1], paid_cents=row[2])


# Opening a case, by Powertools' own idempotency: the key is the client's token in the body. A case and its record are
# committed one after the other, so that a crash between them has the retry open a second case. That is a nuisance here;
# where money moves it would be a loss, so that what pays has the mark.

pool = ConnectionPool[Db](
    os.environ["DATABASE_URL"],
    min_size=0,
    max_size=1,
    open=True,
    kwargs={"autocommit": True, "prepare_threshold": None},
)
once = IdempotencyConfig(
    event_key_jmespath="[customer, case.clientToken]",  # a token is its customer's own
    payload_validation_jmespath="case.subject",
    raise_on_no_idempotency_key=True,
)


@idempotent_function(
    data_keyword_argument="asked",
    persistence_store=PostgresPersistenceLayer(pool=pool, table_name="aml.idempotency_records"),
    config=once,
)
def opened(*, asked: dict[str, Any]) -> dict[str, Any]:
    """Once for each customer and token, but for a crash."""
    subject = asked["case"]["subject"]
    with pool.connection() as db:
        row = db.execute(
            "INSERT INTO cases (customer, subject) VALUES (%s, %s) RETURNING id", (asked["customer"], subject)
        ).fetchone()
    assert row is not None
    return {"id": row[0], "subject": subject}


@app.exception_handler([IdempotencyAlreadyInProgressError, IdempotencyValidationError])
def not_opened(error: Exception) -> Response[str]:
    """The first request with this token still runs, or had another subject."""
    return Response(409, "application/json", json.dumps({"message": type(error).__name__}))


@app.post("/cases", status_code=201)
@not_money_moving(reason="opens a case, which the layer keeps a retry from doing again")
def open_case(case: NewCase) -> Case:
    asked = {"customer": customer_of(app.current_event), "case": case.model_dump(by_alias=True)}
    return Case(**opened(asked=asked))


# What moves money, by the mark: the payment, the key and the answer are one transaction.


@app.post("/cases/<case_id>/payments", status_code=201)
@money_moving
def pay(case_id: int, payment: Payment, db: Db = idem.lent) -> Receipt:
    """A case that is not there is an answer, too: it is replayed, and nothing is paid."""
    found(db, case_id)
    row = db.execute(
        "INSERT INTO payments (case_id, cents) VALUES (%s, %s) RETURNING id", (case_id, payment.cents)
    ).fetchone()
    assert row is not None
    return Receipt(payment=row[0], case=found(db, case_id))


@app.post("/cases/quote")
@not_money_moving(reason="computes a fee, writes nothing")
def quote(payment: Payment) -> dict[str, int]:
    return {"fee_cents": max(1, payment.cents // 100)}


@app.get("/cases/<case_id>")
def read(case_id: int) -> Case:
    return found(idem.sync_connection(), case_id)


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    once.register_lambda_context(context)  # how long a case may be in progress
    return app.resolve(event, context)

"""One Lambda function with several routes: what moves money is marked, one route at a time.

``lambda_handler`` is the function's handler. ``DATABASE_URL`` says where Postgres is; ``idem-runtime migrate`` and
``schema.sql`` made its tables. ``invoke.py`` invokes it here.
"""

from __future__ import annotations

from typing import Any

import psycopg
from aws_lambda_powertools.event_handler import APIGatewayRestResolver
from aws_lambda_powertools.event_handler.exceptions import NotFoundError, UnauthorizedError
from pydantic import BaseModel, PositiveInt

from idem_runtime import Idempotency, money_moving, not_money_moving

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


@app.post("/cases", status_code=201)
@money_moving
def open_case(case: NewCase, db: Db = idem.lent) -> Case:
    """A case is opened once, however often the client asks."""
    row = db.execute(
        "INSERT INTO cases (customer, subject) VALUES (%s, %s) RETURNING id",
        (customer_of(app.current_event), case.subject),
    ).fetchone()
    assert row is not None
    return Case(id=row[0], subject=case.subject)


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
    return app.resolve(event, context)

"""The producer: ``uvicorn celery_worker.payroll.api:app``.

Its effect is outside Postgres: a message on the broker. Nobody knows whether it is there when the process dies in the
middle; as the message has the same key on every attempt, putting it there once more does no harm: ``retry_unknown``.
"""

from __future__ import annotations

from fastapi import FastAPI, Request
from pydantic import BaseModel

from celery_worker.payroll.tasks import idem, pay_out
from idem_runtime import current_attempt, money_moving

app = FastAPI(title="payroll")
idem.install(app, require_marks=("payroll",))


class Payout(BaseModel):
    account: str
    amount: int


def tenant_of(request: Request) -> str | None:
    """Stands for your authentication."""
    return request.headers.get("x-tenant")


@app.post("/payroll/payouts", status_code=202)
@money_moving(effect="external", retry_unknown=True, principal=tenant_of)
def request_payout(body: Payout, request: Request) -> dict[str, str]:
    key = current_attempt().downstream_key("payroll.pay_out")
    pay_out.delay(key, tenant_of(request), body.account, body.amount)
    return {"status": "accepted"}

"""The worker: ``celery -A celery_worker.payroll.tasks worker`` with the folder above the package on the path.

Before: ``idem-runtime migrate`` and ``psql -f schema.sql``. ``DATABASE_URL`` and ``BROKER_URL`` are in the environment.
"""

from __future__ import annotations

import os

import psycopg
from celery import Celery

from idem_runtime import Idempotency, money_moving
from idem_runtime.adapters.queues.celery import MoneyTask

app = Celery("payroll", broker=os.environ["BROKER_URL"])
app.conf.update(
    # of a worker that died, Redis gives messages to another one after so many seconds: longer than any payout takes
    broker_transport_options={"visibility_timeout": int(os.environ.get("VISIBILITY_TIMEOUT", "300"))},
    broker_connection_retry_on_startup=True,
    worker_prefetch_multiplier=1,
)
idem = Idempotency()  # its pool is opened where it is used, in each process of the worker
idem.install()


@app.task(base=MoneyTask, name="payroll.pay_out", dead_letter_queue="payroll.dead")
@money_moving(operation="pay-out", key=lambda key: key, principal=lambda tenant: tenant)
def pay_out(key: str, tenant: str, account: str, amount: int, db: psycopg.Connection = idem.lent) -> int:
    """One payout: the key is in the message's body, because every enqueueing gives a message another id."""
    row = db.execute(
        "INSERT INTO payouts (tenant, account, amount) VALUES (%s, %s, %s) RETURNING id",
        (tenant, account, amount),
    ).fetchone()
    return int(row[0])

"""The Celery application of these tests."""

from __future__ import annotations

import os
from typing import Any

from celery import Celery, signals

from idem_runtime.adapters.queues.celery import MoneyTask
from tests.runtime.queues import payments

app = Celery("payments", broker=os.environ.get("QUEUE_BROKER"), backend=os.environ.get("QUEUE_BROKER"))
app.conf.update(
    broker_transport_options={"visibility_timeout": 1},
    broker_connection_retry_on_startup=True,
    worker_prefetch_multiplier=1,
    worker_hijack_root_logger=True,
)


@signals.worker_process_init.connect
def _install(**_: Any) -> None:
    payments.installed()


class PaymentTask(MoneyTask):
    dead_letter_queue = "dead"


pay = app.task(base=PaymentTask, name="pay")(payments.pay)
send = app.task(base=PaymentTask, name="send")(payments.send)

"""The procrastinate tasks of these tests."""

from __future__ import annotations

import logging
import os

from procrastinate import App, PsycopgConnector

from idem_runtime.adapters.queues.procrastinate import RetryLater
from tests.runtime.queues import payments

app = App(connector=PsycopgConnector(conninfo=os.environ.get("QUEUE_DSN", "")))
pay = app.task(name="pay", retry=RetryLater())(payments.pay_async)
send = app.task(name="send", retry=RetryLater())(payments.send_async)

if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)
    payments.installed()
    app.run_worker(concurrency=2, fetch_job_polling_interval=0.1, update_heartbeat_interval=0.2)

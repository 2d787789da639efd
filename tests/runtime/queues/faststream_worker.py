"""The FastStream subscribers of these tests: one takes what is new, the other what has been pending for a second."""

from __future__ import annotations

import asyncio
import logging
import os

from faststream import FastStream
from faststream.redis import RedisBroker, StreamSub

from idem_runtime.adapters.queues.faststream import RetryLater
from tests.runtime.queues import payments

logging.basicConfig(level=logging.INFO)
broker = RedisBroker(
    os.environ.get("QUEUE_BROKER", "redis://nowhere"), middlewares=[RetryLater(dead_letter="dead")]
)
app = FastStream(broker)
ME = f"worker-{os.getpid()}"

for stream, function in (("pay", payments.pay_async), ("send", payments.send_async)):
    new = StreamSub(stream, group="bank", consumer=ME, polling_interval=50)
    pending = StreamSub(stream, group="bank", consumer=ME, polling_interval=50, min_idle_time=500)
    broker.subscriber(stream=new)(broker.subscriber(stream=pending)(function))

if __name__ == "__main__":
    payments.installed()
    asyncio.run(app.run())

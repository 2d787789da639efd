"""The dramatiq actors of these tests."""

from __future__ import annotations

import logging
import os

import dramatiq
from dramatiq.brokers.redis import RedisBroker

from idem_runtime.adapters.queues.dramatiq import install
from tests.runtime.queues import payments

logging.basicConfig(level=logging.INFO)
broker = RedisBroker(
    url=os.environ.get("QUEUE_BROKER", "redis://nowhere"),
    heartbeat_timeout=1000,
    maintenance_chance=1_000_000,
)
dramatiq.set_broker(broker)
install(broker)
payments.installed()


pay = dramatiq.actor(payments.pay, actor_name="pay", min_backoff=50, max_backoff=100)
send = dramatiq.actor(payments.send, actor_name="send", min_backoff=50, max_backoff=100)

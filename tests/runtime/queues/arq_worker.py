"""The arq jobs of these tests."""

from __future__ import annotations

import logging
import os
from typing import Any

from arq.connections import RedisSettings

from idem_runtime.adapters.queues.arq import retry_later
from tests.runtime.queues import payments

logging.basicConfig(level=logging.INFO)


@retry_later
@payments.MARK
async def pay(ctx: dict[Any, Any], order: str, amount: int) -> int:
    return await payments.pay_async.__wrapped__(order, amount)


@retry_later
@payments.EXTERNAL
async def send(ctx: dict[Any, Any], order: str, amount: int) -> int:
    return await payments.send_async.__wrapped__(order, amount)


async def _install(_: dict[Any, Any]) -> None:
    payments.installed()


class WorkerSettings:
    functions = [pay, send]
    redis_settings = RedisSettings.from_dsn(os.environ.get("QUEUE_BROKER", "redis://nowhere"))
    on_startup = _install
    poll_delay = 0.05
    max_jobs = 1  # so that what runs comes again to another worker

"""Celery on Redis."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.runtime.queues.contract import Contract, Order, Queue, wait_for
from tests.runtime.queues.late_messages import are_late, restore
from tests.runtime.queues.redis_server import RedisServer, needed

pytestmark = [needed, pytest.mark.exhaustive]


class CeleryQueue(Queue):
    command = ["celery", "-A", "tests.runtime.queues.celery_worker", "worker", "-c", "2", "-l", "INFO", "--without-gossip", "--without-mingle", "--without-heartbeat"]  # fmt: skip

    def __init__(self, dsn: str, folder: Path, server: RedisServer) -> None:
        super().__init__(dsn, folder, server)
        self.client = server.client()
        from tests.runtime.queues.celery_worker import app

        app.conf.update(broker_url=server.url(), result_backend=server.url())
        self.app = app

    def environment(self) -> dict[str, str]:
        return {"QUEUE_BROKER": self.server.url()}

    def put(self, task: str, order: str, amount: int) -> None:
        self.app.send_task(task, (order, amount))

    def put_again(self, order: str) -> None:
        self.leave_behind()
        self.start()

    def leave_behind(self) -> None:
        wait_for(lambda: are_late(self.client), self)
        restore(self.server.url())

    def is_empty(self) -> bool:
        return not self.client.llen("celery") and not self.client.hlen("unacked")

    def dead_letters(self) -> list[str]:
        messages = [json.loads(text) for text in self.client.lrange("dead", 0, -1)]
        return [str(message["headers"]["argsrepr"]).split("'")[1] for message in messages]


QUEUE = CeleryQueue


class TestCelery(Contract):
    def test_a_message_whose_child_process_is_killed_comes_again(self, order: Order) -> None:
        """``reject_on_worker_lost``: the worker is there, and one of its processes is not."""
        order.says("die-alone")
        order.put()
        order.until(order.paid)
        order.until_queue_is_empty()
        assert (order.paid(), order.runs(), order.is_dead()) == ([5], 2, False)
        assert all(worker.poll() is None for worker in order.queue.workers)

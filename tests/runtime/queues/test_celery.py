"""Celery on Redis."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
import redis
from celery import Celery

from tests.runtime.queues.contract import Contract, Order, Queue, wait_for
from tests.runtime.queues.redis_server import RedisServer, needed

pytestmark = [needed, pytest.mark.exhaustive]


def restore_late_messages(app: Celery, client: redis.Redis, queue: Queue) -> None:
    """As every worker does, but within minutes only: messages whose visibility time-out has passed."""
    wait_for(lambda: client.zcount("unacked_index", time.time() - 1, "+inf") == 0, queue)
    with app.connection() as connection:
        connection.default_channel.qos.restore_visible()


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
        restore_late_messages(self.app, self.client, self)

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

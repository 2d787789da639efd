"""dramatiq on Redis."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from tests.runtime.queues.contract import Contract, Queue, wait_for
from tests.runtime.queues.redis_server import RedisServer, needed

pytestmark = [needed, pytest.mark.exhaustive]


class DramatiqQueue(Queue):
    command = ["dramatiq", "-p", "1", "-t", "2", "tests.runtime.queues.dramatiq_worker"]

    def __init__(self, dsn: str, folder: Path, server: RedisServer) -> None:
        super().__init__(dsn, folder, server)
        from dramatiq.brokers.redis import RedisBroker

        self.url = server.url(1)
        self.client = server.client(1)
        self.broker = RedisBroker(url=self.url)

    def environment(self) -> dict[str, str]:
        return {"QUEUE_BROKER": self.url}

    def put(self, task: str, order: str, amount: int) -> None:
        from dramatiq import Message

        self.broker.enqueue(
            Message(queue_name="default", actor_name=task, args=(order, amount), kwargs={}, options={})
        )

    def put_again(self, order: str) -> None:
        """As the maintenance of another worker does, once the heartbeat of the first is late."""
        ids = [name for name, message in self.messages("default").items() if message["args"][0] == order]
        assert len(ids) == 1
        self.client.rpush("dramatiq:default", ids[0])

    def leave_behind(self) -> None:
        wait_for(
            lambda: self.client.zcount("dramatiq:__heartbeats__", time.time() * 1000 - 1000, "+inf") == 0,
            self,
        )

    def is_empty(self) -> bool:
        return not self.messages("default") and not self.messages("default.DQ")

    def dead_letters(self) -> list[str]:
        return [message["args"][0] for message in self.messages("default.XQ").values()]

    def messages(self, queue: str) -> dict[str, Any]:
        return {
            name: json.loads(text) for name, text in self.client.hgetall(f"dramatiq:{queue}.msgs").items()
        }


QUEUE = DramatiqQueue


class TestDramatiq(Contract):
    pass

"""FastStream on Redis streams."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
import redis
from faststream.redis import RedisBroker

from tests.runtime.queues.contract import Contract, Queue
from tests.runtime.queues.redis_server import RedisServer, needed

pytestmark = [needed, pytest.mark.exhaustive]


class FastStreamQueue(Queue):
    command = ["tests.runtime.queues.faststream_worker"]

    def __init__(self, dsn: str, folder: Path, server: RedisServer) -> None:
        super().__init__(dsn, folder, server)
        self.url = server.url(3)
        self.client = server.client(3)
        self.bytes = redis.Redis.from_url(self.url)
        for stream in ("pay", "send"):
            self.client.xgroup_create(stream, "bank", mkstream=True)

    def environment(self) -> dict[str, str]:
        return {"QUEUE_BROKER": self.url}

    def put(self, task: str, order: str, amount: int) -> None:
        async def main() -> None:
            async with RedisBroker(self.url) as broker:
                await broker.publish({"order": order, "amount": amount}, stream=task)

        asyncio.run(main())

    def put_again(self, order: str) -> None:
        """Nothing to do: it comes again when it has been pending for a second."""
        self.start()

    def leave_behind(self) -> None:
        """As above."""

    def is_empty(self) -> bool:
        groups = [group for stream in ("pay", "send") for group in self.client.xinfo_groups(stream)]
        return not any(group["pending"] or group["lag"] for group in groups)

    def dead_letters(self) -> list[str]:
        """FastStream writes a binary head before the body."""
        bodies = [entry[b"__data__"] for _, entry in self.bytes.xrange("dead")]
        return [str(json.loads(body[body.index(b'{"order"') :])["order"]) for body in bodies]


QUEUE = FastStreamQueue


class TestFastStream(Contract):
    pass

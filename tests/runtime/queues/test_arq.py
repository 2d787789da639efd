"""arq on Redis."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from arq import create_pool
from arq.connections import ArqRedis, RedisSettings

from tests.runtime.queues.contract import Contract, Queue
from tests.runtime.queues.redis_server import RedisServer, needed

pytestmark = [needed, pytest.mark.exhaustive]


class ArqQueue(Queue):
    command = ["arq", "tests.runtime.queues.arq_worker.WorkerSettings"]

    def __init__(self, dsn: str, folder: Path, server: RedisServer) -> None:
        super().__init__(dsn, folder, server)
        self.url = server.url(2)
        self.client = server.client(2)

    def environment(self) -> dict[str, str]:
        return {"QUEUE_BROKER": self.url}

    def put(self, task: str, order: str, amount: int) -> None:
        async def main(pool: ArqRedis) -> None:
            await pool.enqueue_job(task, order, amount)

        self._with_pool(main)

    def put_again(self, order: str) -> None:
        """As if the key that says it runs had expired: a worker gets it again."""
        self.leave_behind()
        self.start()

    def leave_behind(self) -> None:
        running = self.client.keys("arq:in-progress:*")
        assert len(running) == 1
        self.client.delete(*running)

    def is_empty(self) -> bool:
        return not self.client.zcard("arq:queue")

    def dead_letters(self) -> list[str]:
        async def main(pool: ArqRedis) -> list[str]:
            return [str(result.args[0]) for result in await pool.all_job_results() if not result.success]

        return self._with_pool(main)

    def _with_pool(self, main: Any) -> Any:
        async def connected() -> Any:
            pool = await create_pool(RedisSettings.from_dsn(self.url))
            try:
                return await main(pool)
            finally:
                await pool.aclose()

        return asyncio.run(connected())


QUEUE = ArqQueue


class TestArq(Contract):
    pass

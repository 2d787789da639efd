"""A Redis in a folder of its own, which loses nothing when it is killed."""

from __future__ import annotations

import contextlib
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import redis

from tests.runtime.postgres import free_port
from tests.runtime.programs import needs, path_of

REDIS, needed = path_of("redis-server"), needs("redis-server")


@dataclass
class RedisServer:
    """A running server; ``kill`` and ``start`` are the failure of its machine and its restart."""

    folder: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    def url(self, database: int = 0) -> str:
        return f"redis://127.0.0.1:{self.port}/{database}"

    def client(self, database: int = 0) -> redis.Redis:
        return redis.Redis.from_url(self.url(database), decode_responses=True)

    def start(self) -> None:
        settings = {
            "port": self.port,
            "bind": "127.0.0.1",
            "dir": self.folder,
            "save": "",
            "appendonly": "yes",
            "appendfsync": "always",
        }
        options = [str(part) for name, value in settings.items() for part in (f"--{name}", value)]
        self.process = subprocess.Popen([str(REDIS), *options], stdout=subprocess.DEVNULL)
        self._until_it_answers()

    def kill(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)

    def _until_it_answers(self) -> None:
        assert self.process is not None
        with self.client() as client:
            for _ in range(500):
                with contextlib.suppress(redis.ConnectionError):
                    client.ping()
                    return
                assert self.process.poll() is None, (
                    "redis-server ended: run it by hand with the options above"
                )
                time.sleep(0.02)
        raise AssertionError("redis-server does not answer after 10 s")


@contextlib.contextmanager
def redis_server() -> Iterator[RedisServer]:
    """A server that ends with the block."""
    folder = Path(tempfile.mkdtemp(prefix="idem-redis-"))
    server = RedisServer(folder)
    server.start()
    try:
        yield server
    finally:
        server.kill()
        shutil.rmtree(folder)

"""A bank's process: started, killed, started again."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import demo_postgres as postgres

EXAMPLES = Path(__file__).resolve().parent.parent
PATIENCE = 120.0
"""Seconds, for a machine that has much else to do."""


class Server:
    """One uvicorn on one port, with one database."""

    def __init__(self, module: str, dsn: str) -> None:
        self.port = postgres.free_port()
        self.serves = False
        self._environment = {
            **os.environ,
            "DATABASE_URL": dsn,
            "PYTHONPATH": os.pathsep.join((str(EXAMPLES.parent), str(EXAMPLES))),
        }
        self._command = [sys.executable, "-m", "uvicorn", f"web_demo.{module}:app", "--port", str(self.port)]
        self._command += ["--log-level", "critical"]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None, "it was started"
        return self._process.pid

    async def start(self) -> None:
        """Start it, and wait until it serves. In a session of its own: Ctrl-C is for whoever started it."""
        self._process = self._begun()
        async with asyncio.timeout(PATIENCE):
            while not await self._answers():
                if self._process.poll() is not None:
                    raise RuntimeError(f"{' '.join(self._command)} ended with {self._process.returncode}")
                await asyncio.sleep(0.05)
        self.serves = True

    def _begun(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(self._command, env=self._environment, cwd=EXAMPLES, start_new_session=True)

    async def _answers(self) -> bool:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", self.port)
        except OSError:
            return False
        writer.close()
        return True

    def kill(self) -> None:
        """``kill -9``."""
        self.serves = False
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(signal.SIGKILL)
            self._process.wait()

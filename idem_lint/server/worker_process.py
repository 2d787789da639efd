"""A worker as the server sees it: started when it is needed, and again when it has died or hangs."""

from __future__ import annotations

import asyncio
import itertools
import pickle
import sys
from collections.abc import Sequence
from contextlib import suppress

from idem_lint.server.messages import BEHIND, Failed, Job

_COMMAND = (sys.executable, "-P", "-m", "idem_lint.server.worker")
"""With ``-P`` a module of the project that is judged never stands for one of Python's."""


class WorkerProcess:
    """Answers one job after the other; ``patience`` is how long (in seconds) it may take for one. ``is_behind``: where
    there is little of a processor, others have it first.
    """

    def __init__(self, patience: float, *, is_behind: bool = False) -> None:
        self._patience = patience
        self._command = (*_COMMAND, BEHIND) if is_behind else _COMMAND
        self._running: _Running | None = None
        self._starting = asyncio.Lock()

    async def ask(self, job: Job) -> object:
        """The answer to a job, or :class:`Failed`. Whoever is cancelled while waiting for it does not stop the worker."""
        async with self._starting:
            if self._running is None or self._running.is_over:
                self._running = await _Running.start(self._command)
            running = self._running
        try:
            async with asyncio.timeout(self._patience):
                return await running.ask(job)
        except TimeoutError:
            running.kill()
            self._running = None
            return Failed(f"no answer within {self._patience:.0f} seconds; the analysis was stopped")

    async def close(self) -> None:
        """End it: at once where it is at work."""
        if self._running is not None:
            await self._running.close()


class _Running:
    """One process."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin is not None  # pipes were asked for
        assert process.stdout is not None
        self._process = process
        self._jobs = process.stdin
        self._answers = process.stdout
        self._waiting: dict[int, asyncio.Future[object]] = {}
        self._numbers = itertools.count()
        self._reading = asyncio.create_task(self._read())

    @classmethod
    async def start(cls, command: Sequence[str]) -> _Running:
        pipe = asyncio.subprocess.PIPE
        return cls(await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe))

    @property
    def is_over(self) -> bool:
        return self._reading.done()

    async def ask(self, job: Job) -> object:
        number = next(self._numbers)
        answer = self._waiting[number] = asyncio.get_running_loop().create_future()
        content = pickle.dumps((number, job))
        try:
            with suppress(ConnectionError):  # it has just died: the reader says so
                self._jobs.write(len(content).to_bytes(4) + content)
                await self._jobs.drain()
            return await answer
        finally:
            self._waiting.pop(number, None)

    async def _read(self) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                size = int.from_bytes(await self._answers.readexactly(4))
                number, answer = pickle.loads(await self._answers.readexactly(size))  # noqa: S301 - from our own process
                self._resolve(number, answer)
        code = await self._process.wait()
        for number in list(self._waiting):
            self._resolve(
                number, Failed(f"the analysis ended unexpectedly (exit code {code}); it is started again")
            )

    def _resolve(self, number: int, answer: object) -> None:
        waiting = self._waiting.pop(number, None)
        if waiting is not None and not waiting.done():
            waiting.set_result(answer)

    def kill(self) -> None:
        with suppress(ProcessLookupError):
            self._process.kill()

    async def close(self) -> None:
        is_idle = not self._waiting
        self._jobs.close()
        try:
            async with asyncio.timeout(5 if is_idle else 0):
                await self._process.wait()
        except TimeoutError:
            self.kill()
            await self._process.wait()

"""Lambda's execution environments: processes that are given one event at a time, and may be frozen, killed or told to end."""

from __future__ import annotations

import importlib
import os
import queue
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from typing import Any

from tests.runtime.adapters.powertools.events import Event
from tests.runtime.fast_processes import processes

LONG = 60_000
"""Milliseconds."""
PATIENCE = 180
"""Seconds."""


class Context:
    """What Lambda hands to a function beside its event."""

    function_name = "bank"
    aws_request_id = "1"

    def __init__(self, milliseconds: float) -> None:
        self._end = time.monotonic() + milliseconds / 1000

    def get_remaining_time_in_millis(self) -> int:
        return max(0, int((self._end - time.monotonic()) * 1000))


def serve(events: Connection, factory: str, arguments: tuple[str, ...]) -> None:
    """In the environment's own process. ``factory``: ``module:function``, which gives handlers by name."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    module, _, function = factory.partition(":")
    handlers = getattr(importlib.import_module(module), function)(*arguments)
    events.send("ready")
    while (message := events.recv()) is not None:
        handler, event, milliseconds = message
        try:
            answer = {"returned": handlers[handler](event, Context(milliseconds))}
        except Exception:
            answer = {"raised": traceback.format_exc()}
        events.send(answer)


class Environment:
    """One process."""

    def __init__(self, factory: str, *arguments: str) -> None:
        self._events, theirs = processes().Pipe()
        self.process = processes().Process(target=serve, args=(theirs, factory, arguments), daemon=True)
        self.process.start()
        theirs.close()
        self._answers: queue.Queue[Any] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        with suppress(EOFError, OSError):
            while True:
                self._answers.put(self._events.recv())
        self._answers.put(None)

    def ready(self) -> Environment:
        """Wait until it takes events."""
        assert self._answers.get(timeout=PATIENCE) == "ready", "it did not start"
        return self

    def send(self, handler: str, event: Event, milliseconds: float = LONG) -> None:
        """Invoke, without waiting."""
        self._events.send((handler, event, milliseconds))

    def answer(self) -> dict[str, Any] | None:
        """What came of the last event; ``None``: the process has ended."""
        told: dict[str, Any] | None = self._answers.get(timeout=PATIENCE)
        return told

    def invoke(self, handler: str, event: Event, milliseconds: float = LONG) -> dict[str, Any] | None:
        self.send(handler, event, milliseconds)
        return self.answer()

    def signal(self, number: int) -> None:
        assert self.process.pid is not None
        os.kill(self.process.pid, number)

    def end(self, number: int | None = None) -> int | None:
        """End the process, with the signal ``number`` or because no more events come; its exit code."""
        if number is not None and self.process.is_alive():
            self.signal(number)
        with suppress(OSError):
            self._events.send(None)
        self.process.join(PATIENCE)
        self._reader.join(PATIENCE)
        return self.process.exitcode


@contextmanager
def environments(count: int, factory: str, *arguments: str) -> Iterator[list[Environment]]:
    """``count`` of them, started at once."""
    running = [Environment(factory, *arguments) for _ in range(count)]
    try:
        yield [environment.ready() for environment in running]
    finally:
        for environment in running:
            environment.end()

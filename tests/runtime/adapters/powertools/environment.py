"""Lambda's execution environments: processes that are given one event at a time, and may be frozen, killed or told to end.

``python -m tests.runtime.adapters.powertools.environment MODULE:FUNCTION ARGUMENT…`` calls the function, which gives
handlers by name, and invokes them with the events that come in, one JSON line each.
"""

from __future__ import annotations

import importlib
import json
import os
import queue
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from tests.runtime.adapters.powertools.events import Event

ROOT = Path(__file__).parents[4]
LONG = 60_000
"""Milliseconds."""


class Context:
    """What Lambda hands to a function beside its event."""

    function_name = "bank"
    aws_request_id = "1"

    def __init__(self, milliseconds: float) -> None:
        self._end = time.monotonic() + milliseconds / 1000

    def get_remaining_time_in_millis(self) -> int:
        return max(0, int((self._end - time.monotonic()) * 1000))


def main() -> None:
    """In the environment's own process."""
    module, _, function = sys.argv[1].partition(":")
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what handlers print is log
    handlers = getattr(importlib.import_module(module), function)(*sys.argv[2:])
    print(json.dumps({"ready": True}), file=out, flush=True)
    for line in sys.stdin:
        message = json.loads(line)
        context = Context(message["milliseconds"])
        try:
            answer = {"returned": handlers[message["handler"]](message["event"], context)}
        except Exception:
            answer = {"raised": traceback.format_exc()}
        print(json.dumps(answer), file=out, flush=True)


class Environment:
    """One process."""

    def __init__(self, factory: str, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", __name__, factory, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        self._answers: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout:
            for line in self.process.stdout:
                self._answers.put(json.loads(line))
        self._answers.put(None)

    def ready(self) -> Environment:
        """Wait until it takes events."""
        assert self._answers.get(timeout=60) == {"ready": True}, "it did not start"
        return self

    def send(self, handler: str, event: Event, milliseconds: float = LONG) -> None:
        """Invoke, without waiting."""
        assert self.process.stdin is not None
        message = {"handler": handler, "event": event, "milliseconds": milliseconds}
        self.process.stdin.write(json.dumps(message) + "\n")
        self.process.stdin.flush()

    def answer(self, timeout: float = 60) -> dict[str, Any] | None:
        """What came of the last event; ``None``: the process has ended."""
        return self._answers.get(timeout=timeout)

    def invoke(self, handler: str, event: Event, milliseconds: float = LONG) -> dict[str, Any] | None:
        self.send(handler, event, milliseconds)
        return self.answer()

    def end(self, number: int | None = None) -> int:
        """End the process, with the signal ``number`` or because no more events come; its exit code."""
        assert self.process.stdin is not None
        with suppress(BrokenPipeError):
            self.process.stdin.close()
        if number is not None:
            self.process.send_signal(number)
        try:
            code = self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        self._reader.join(20)
        return code


@contextmanager
def environments(count: int, factory: str, *arguments: str) -> Iterator[list[Environment]]:
    """``count`` of them, started at once."""
    running = [Environment(factory, *arguments) for _ in range(count)]
    try:
        yield [environment.ready() for environment in running]
    finally:
        for environment in running:
            environment.end()


if __name__ == "__main__":
    main()

"""A process of its own for one subject of a benchmark: ``python -m benchmarks.runtime.worker SUBJECT DSN``.

So the processor time of the process is that of one subject, and nothing that a peer starts (threads, patches) touches another.
The parent writes one line of JSON for each turn and reads one with what it took; between turns the process waits.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Literal

from benchmarks.runtime.cores import CLIENT, pin

Thread = Literal["main", "worker"]
Way = Callable[[int], list[float]]
"""Makes as many calls as it is asked for, and gives the milliseconds of each."""
Subject = Callable[[str], AbstractContextManager[Mapping[str, Way]]]

SUBJECTS = {
    "plain": "benchmarks.runtime.functions:plain",
    "ours": "benchmarks.runtime.functions:ours",
    "powertools": "benchmarks.runtime.peer_powertools:powertools",
    "powertools-on-ours": "benchmarks.runtime.peer_powertools_on_our_layer:powertools",
    "dbos": "benchmarks.runtime.peer_dbos:dbos",
    "web-plain": "benchmarks.runtime.web:plain",
    "web-ours": "benchmarks.runtime.web:ours",
    "web-ours-from-dsn": "benchmarks.runtime.web:ours_from_dsn",
}
"""A name, or ``module:function`` itself."""
SETTLE = 0.004
"""Seconds after the last call, for what a way does after it has answered: its processor time counts."""


@dataclass(frozen=True)
class Taken:
    """What one turn took: milliseconds on the clock of each call, and of the process's processor time per call."""

    clock: list[float]
    client: float


def repeated(call: Callable[[], object]) -> Way:
    """The way that makes a plain call."""

    def calls(count: int) -> list[float]:
        taken: list[float] = []
        for _ in range(count):
            began = time.perf_counter()
            call()
            taken.append((time.perf_counter() - began) * 1000)
        return taken

    return calls


class Worker:
    """The parent's side of such a process."""

    def __init__(self, subject: str, dsn: str) -> None:
        self.application = f"bench-{subject.rpartition('.')[2]}"
        self.process: subprocess.Popen[str] = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.runtime.worker", subject, dsn],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PGAPPNAME": self.application},
        )
        self._answer()

    def turn(self, way: str, thread: Thread, calls: int) -> Taken:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps([way, thread, calls]) + "\n")
        self.process.stdin.flush()
        return Taken(**self._answer())

    def close(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(30)

    def _answer(self) -> Any:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.application} ended with exit code {self.process.wait()}")
        return json.loads(line)


@contextmanager
def workers(subjects: set[str], dsn: str) -> Generator[dict[str, Worker]]:
    """A process for each subject, until the end."""
    started: dict[str, Worker] = {}
    try:
        for subject in sorted(subjects):
            started[subject] = Worker(subject, dsn)
        yield started
    finally:
        for worker in started.values():
            worker.close()


def turn(way: Way, thread: Thread, calls: int, beside: ThreadPoolExecutor) -> Taken:
    """One turn in this process."""
    before = time.process_time()
    clock = way(calls) if thread == "main" else beside.submit(way, calls).result()
    time.sleep(SETTLE)
    return Taken(clock, (time.process_time() - before) * 1000 / calls)


def main(subject: str, dsn: str) -> None:
    """Serve turns until standard input ends."""
    pin(CLIENT)
    module, _, name = SUBJECTS.get(subject, subject).partition(":")
    opened: Subject = getattr(import_module(module), name)
    answers, sys.stdout = sys.stdout, sys.stderr  # what a library prints is no answer
    with opened(dsn) as ways, ThreadPoolExecutor(1) as beside:
        print(json.dumps(sorted(ways)), file=answers, flush=True)
        for line in sys.stdin:
            way, thread, calls = json.loads(line)
            taken = turn(ways[way], thread, calls, beside)
            print(json.dumps({"clock": taken.clock, "client": taken.client}), file=answers, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])

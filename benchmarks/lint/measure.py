"""Programs in fresh processes: time on the clock, the processors' time, and the most memory that one of them held."""

from __future__ import annotations

import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Container
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO

WIDTH = 40
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
"""Byte code is kept, as where a tool is installed: compiling idem-lint itself is not what linting costs."""


class CommandFailed(Exception):
    """A program ended with another exit code than those of a run, or with a traceback."""


@dataclass
class Command:
    """A program to measure: ``found`` counts the findings in its output. ``warm_on`` stands for the last argument in the
    run that is not counted; empty: that run is like the others. ``exits`` are the exit codes of a run that went to its end.
    """

    name: str
    arguments: list[str]
    folder: Path
    found: str = ""
    environment: dict[str, str] = field(default_factory=dict[str, str])
    warm_on: str = ""
    exits: Container[int] = (0, 1)
    times: list[float] = field(default_factory=list[float])
    processors: list[float] = field(default_factory=list[float])
    memory: int = 0
    count: int = 0
    before: Callable[[], object] = lambda: None

    def warm(self) -> None:
        """A run that is not counted, on little: whatever the tool keeps of itself is there afterwards."""
        *rest, last = self.arguments
        replace(self, arguments=[*rest, self.warm_on or last], times=[], processors=[]).run()

    def run(self) -> None:
        """One run that counts. Raises CommandFailed."""
        self.before()
        with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
            started = time.perf_counter()
            process = subprocess.Popen(
                self.arguments,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=errors,
                env=ENVIRONMENT | self.environment,
            )
            _, status, used = os.wait4(process.pid, 0)
            self.times.append(time.perf_counter() - started)
            process.returncode = code = os.waitstatus_to_exitcode(status)
            self.processors.append(used.ru_utime + used.ru_stime)
            self.memory = max(self.memory, used.ru_maxrss)
            text, complaints = _text(output), _text(errors)
        if code not in self.exits or "Traceback" in complaints:
            raise CommandFailed(
                f"{self.name} failed ({code}): {' '.join(self.arguments)}\n{text[-500:]}{complaints[-2000:]}"
            )
        self.count = text.count(self.found) if self.found else 0

    @property
    def median(self) -> float:
        return statistics.median(self.times)

    @property
    def processor(self) -> float:
        return statistics.median(self.processors)


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode(errors="replace")


def measured(commands: list[Command], runs: int) -> list[Command]:
    """The commands, each run ``runs`` times in rounds in which all take their turns."""
    for command in commands:
        command.warm()
    for _ in range(runs):
        for command in commands:
            command.run()
    return commands


def measurable(commands: list[Command], runs: int) -> list[Command]:
    """As :func:`measured`, without the commands that fail, which are named."""
    done: list[Command] = []
    for command in commands:
        try:
            done += measured([command], runs)
        except CommandFailed as error:
            print(f"not measured: {error}")
    return done


def table(title: str, commands: list[Command], unit: Command) -> None:
    """Print what the commands took, as ratios to ``unit``."""
    print(
        f"\n{title}\n{'':{WIDTH}} {'clock':>9} {'ratio':>7} {'processor':>10} {'ratio':>7} {'peak RSS':>9} {'findings':>9}  clock, all rounds"
    )
    for command in commands:
        clock, processor = command.median, command.processor
        print(
            f"{command.name:{WIDTH}} {clock:7.3f} s {clock / unit.median:7.2f} {processor:8.3f} s"
            f" {processor / unit.processor:7.2f} {command.memory / 1024:6.0f} MB {command.count:9}"
            f"  {min(command.times):.3f}-{max(command.times):.3f} s",
            flush=True,
        )

"""Programs of the examples, in process groups of their own, and what the linter says of an example alone."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from idem_lint.cli import main as lint

EXAMPLES = Path(__file__).parents[2] / "examples"
PATIENCE = 120.0
"""Seconds after which something that should have happened did not."""


class Programs:
    """Starts programs with ``examples`` on their path; ``end`` kills them."""

    def __init__(self, environment: dict[str, str], log: Path) -> None:
        self.environment = {**os.environ, **environment, "PYTHONPATH": f"{EXAMPLES}:{EXAMPLES.parent}"}
        self.log = log
        self.running: list[subprocess.Popen[bytes]] = []

    def start(self, *command: str) -> subprocess.Popen[bytes]:
        """``python -m`` with ``command``."""
        with self.log.open("ab") as log:
            program = subprocess.Popen(
                [sys.executable, "-m", *command],
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.running.append(program)
        return program

    def kill(self, program: subprocess.Popen[bytes]) -> None:
        """With all of its processes, as the out-of-memory killer ends it."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(program.pid, signal.SIGKILL)
        program.wait(10)

    def end(self) -> None:
        for program in self.running:
            self.kill(program)

    def until(self, condition: Callable[[], Any]) -> None:
        end = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < end, f"in vain; the programs said:\n{self.log.read_text()[-5000:]}"
            time.sleep(0.02)


def answers(url: str) -> bool:
    """Whether an application listens there."""
    with contextlib.suppress(httpx.TransportError):
        return httpx.get(url).status_code in (401, 404)
    return False


def linted(example: Path, folder: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """What the linter says of ``example``, copied to ``folder``: here, all of this repository would be its context."""
    copy = shutil.copytree(example, folder / example.name)
    assert lint([str(copy)]) == 0
    assert lint(["inventory", str(copy)]) == 0
    return capsys.readouterr().out

"""The marks keep signatures, and the client has types, as mypy sees them (`make types` asks pyright)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.slow
@pytest.mark.parametrize("program", ["marks.py", "client.py"])
def test_mypy_sees_the_public_types(program: str) -> None:
    command = [
        sys.executable,
        "-m",
        "mypy",
        "--strict",
        "--config-file=",
        str(Path(__file__).with_name(program)),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout

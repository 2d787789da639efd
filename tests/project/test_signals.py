"""A run that was started in the background tests the same as one in a terminal."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.project import ROOT

ASKED = """
import signal
import subprocess
import sys


def test_the_run_and_what_it_starts_can_be_interrupted():
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    asked = "import signal; print([signal.getsignal(n) is signal.SIG_IGN for n in (signal.SIGINT, signal.SIGQUIT)])"
    assert subprocess.run([sys.executable, "-c", asked], capture_output=True).stdout == b"[False, False]\\n"
"""


@pytest.mark.slow
def test_ctrl_c_is_not_ignored_because_the_run_was_started_in_the_background(tmp_path) -> None:
    (tmp_path / "test_asked.py").write_text(ASKED, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.conftest", "-c", ROOT / "pyproject.toml"]
    done = subprocess.run(
        ["sh", "-c", "trap '' INT QUIT; exec \"$@\" <&-", "sh", *command, tmp_path / "test_asked.py"],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr

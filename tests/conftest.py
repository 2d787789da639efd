"""What every test shares."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator

import pytest


def pytest_configure() -> None:
    """Ctrl-C means here, and to every process that a test starts, what it means in a terminal.

    A shell without job control (a script, ``nohup make test &``) starts what runs in the background with these signals
    ignored, and a process hands that on to those that it starts.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if signal.getsignal(signal.SIGQUIT) is signal.SIG_IGN:
        signal.signal(signal.SIGQUIT, signal.SIG_DFL)


@pytest.fixture(autouse=True)
def _measured_on() -> Iterator[None]:
    """Measure on after a test that runs into the stack's limit: Python then drops the trace function of coverage."""
    trace = sys.gettrace()
    yield
    if sys.gettrace() is not trace:
        sys.settrace(trace)

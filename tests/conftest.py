"""What every test shares."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def _measured_on() -> Iterator[None]:
    """Measure on after a test that runs into the stack's limit: Python then drops the trace function of coverage."""
    trace = sys.gettrace()
    yield
    if sys.gettrace() is not trace:
        sys.settrace(trace)

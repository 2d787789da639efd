"""What every test shares, and which of them run.

``IDEM_TESTS`` says how much: ``quick`` leaves out what needs a server or is marked ``slow``, ``all`` takes in what is marked
``exhaustive``: the same kind of proof in more places than a change needs (``make quick``, ``make test``, ``make test-all``).
For ``make chance``, ``IDEM_ORDER`` is a number that shuffles them, modules and what is in them, and ``IDEM_EXAMPLES=given``
draws none: what is covered then is covered by the examples that are written down.
"""

from __future__ import annotations

import gc
import os
import random
import signal
import sys
from collections.abc import Generator, Iterator

import pytest
from hypothesis import HealthCheck, Phase, settings

# How long an example takes says something of the machine, and of what else it does, and nothing of the code.
settings.register_profile("drawn", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("given", settings.get_profile("drawn"), phases=[Phase.explicit])
settings.load_profile(os.environ.get("IDEM_EXAMPLES", "drawn"))

AMOUNT = os.environ.get("IDEM_TESTS", "")
MEASURED = "COVERAGE_PROCESS_CONFIG"
"""With this in its environment, a process is measured by coverage."""
PATIENT = {"IDEM_WAIT": "20"}
"""Settings of every process: how long a duplicate waits for the original says something of the machine too. Tests of what
happens when the wait is over give their own."""
LEFT_OUT = {"quick": {"slow", "exhaustive"}, "": {"exhaustive"}, "all": set()}
"""The marks of what does not run."""


def pytest_configure() -> None:
    """Ctrl-C means here, and to every process that a test starts, what it means in a terminal.

    A shell without job control (a script, ``nohup make test &``) starts what runs in the background with these signals
    ignored, and a process hands that on to those that it starts.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if signal.getsignal(signal.SIGQUIT) is signal.SIG_IGN:
        signal.signal(signal.SIGQUIT, signal.SIG_DFL)
    os.environ.update(PATIENT)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what this run is too short for."""
    if AMOUNT not in LEFT_OUT:
        raise pytest.UsageError(f"IDEM_TESTS={AMOUNT}: quick, all, or not set")
    kept = [item for item in items if _runs(item)]
    config.hook.pytest_deselected(items=[item for item in items if not _runs(item)])
    items[:] = _shuffled(kept, os.environ["IDEM_ORDER"]) if "IDEM_ORDER" in os.environ else kept


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """What all tests and frameworks are made of stays: the garbage collector need not go through it again and again while it is
    made (a fifth of the time), nor for each test that asks it."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.collect()
        gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """A test that is marked so starts processes that are not measured for coverage; nor are those of fixtures made for it."""
    measured = os.environ.pop(MEASURED, None) if item.get_closest_marker("processes_not_measured") else None
    try:
        return (yield)
    finally:
        if measured is not None:
            os.environ[MEASURED] = measured


def _runs(item: pytest.Item) -> bool:
    if AMOUNT == "quick" and "server" in getattr(item, "fixturenames", ()):
        return False
    return not any(item.get_closest_marker(mark) for mark in LEFT_OUT[AMOUNT])


def _shuffled(items: list[pytest.Item], seed: str) -> list[pytest.Item]:
    """In an order that every worker makes alike; a module stays together, as its fixtures want."""
    modules: dict[str, list[pytest.Item]] = {}
    for item in items:
        modules.setdefault(item.nodeid.partition("::")[0], []).append(item)
    order = random.Random(seed)
    groups = list(modules.values())
    order.shuffle(groups)
    for group in groups:
        order.shuffle(group)
    return [item for group in groups for item in group]


@pytest.fixture(autouse=True)
def _measured_on() -> Iterator[None]:
    """Measure on after a test that runs into the stack's limit: Python then drops the trace function of coverage.

    One that was put in its place stays: coverage has a new one after a test that is marked ``no_cover``.
    """
    trace = sys.gettrace()
    yield
    if sys.gettrace() is None:
        sys.settrace(trace)

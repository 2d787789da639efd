"""Which scenarios are enumerated: a small set always, all of them with ``IDEM_PROOF=full``."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace

from idem_runtime.model import Isolation
from tests.runtime.interleavings.scenario import KILLS, Fault, Scenario
from tests.runtime.interleavings.scripts import Role

TWO: tuple[Role, ...] = ("answers", "answers")
THREE: tuple[Role, ...] = ("answers", "answers", "answers")
FIRSTS: tuple[Role, ...] = ("declines", "raises", "other payload")
EXTERNAL_FIRSTS: tuple[Role, ...] = ("raises", "not executed", "other payload")
EXTERNAL_FAULTS: tuple[Fault, ...] = ("die", "cut", "lapse")
LEVELS: tuple[Isolation, ...] = ("repeatable read", "serializable")


def _local(level: Isolation = "read committed") -> Iterator[Scenario]:
    """Two callers."""
    for locked in (True, False):
        plain = Scenario(TWO, locked=locked, level=level)
        yield plain
        for first in FIRSTS:
            yield replace(plain, roles=(first, "answers"))
        yield replace(plain, expired=True)
        for fault in ("die", "cut") if locked else KILLS:
            yield replace(plain, faults=(fault,), reduced=True)
    limited = Scenario(TWO, level=level, time_outs=1, reduced=True)
    yield limited
    yield replace(limited, renamed=True)
    yield replace(limited, collide=True)


def _prepared() -> Iterator[Scenario]:
    """The same messages as prepared statements."""
    plain = Scenario(TWO, prepared=True)
    yield plain
    yield replace(plain, locked=False)
    yield replace(plain, roles=("raises", "answers"))
    yield replace(plain, expired=True)
    yield replace(plain, faults=("cut",), reduced=True)


def _sessions() -> Iterator[Scenario]:
    """The effect in sessions of the application's own, on savepoints above the claim."""
    plain = Scenario(TWO, sessions=True, reduced=True)
    yield plain
    yield replace(plain, locked=False)
    yield replace(plain, faults=("die",))


def _external() -> Iterator[Scenario]:
    """Two callers."""
    plain = Scenario(TWO, "external")
    yield plain
    for first in EXTERNAL_FIRSTS:
        yield replace(plain, roles=(first, "answers"))
    for fault in EXTERNAL_FAULTS:
        yield replace(plain, faults=(fault,), reduced=fault == "cut")
    yield replace(plain, roles=("answers", "reconciles"), faults=("die", "lapse"))


def _external_at_length() -> Iterator[Scenario]:
    """What takes longer, and three callers."""
    yield Scenario(TWO, "external", faults=("lose",), reduced=True)
    yield Scenario(("answers", "takes over"), "external", faults=("die", "lapse"))
    three = Scenario(THREE, "external", reduced=True)
    yield three
    for first in EXTERNAL_FIRSTS:
        yield replace(three, roles=(first, "answers", "answers"))
    yield replace(three, faults=("die",))


def _local_at_length(level: Isolation) -> Iterator[Scenario]:
    """Three callers; two of them with the faults and waits that have many orders."""
    for locked in (True, False):
        yield Scenario(THREE, locked=locked, level=level, reduced=True)
    yield Scenario(TWO, level=level, faults=("lose",), reduced=True)
    yield Scenario(TWO, level=level, time_outs=1)


SMALL = (*_local(), *_prepared(), *_sessions(), *_external())
"""Run with every `make test`."""
FULL = (
    *(scenario for level in LEVELS for scenario in _local(level)),
    *(replace(scenario, prepared=True) for level in LEVELS for scenario in _local(level)),
    *(replace(scenario, prepared=True) for scenario in _local() if not scenario.renamed),
    *(replace(scenario, level=level) for level in LEVELS for scenario in _sessions()),
    Scenario(TWO, sessions=True, reduced=True, faults=("cut",)),
    *_local_at_length("read committed"),
    *_local_at_length(
        "repeatable read"
    ),  # SERIALIZABLE tells more orders apart: three callers would take hours
    *_external_at_length(),
)
"""Run beside the small ones by `make test-all`."""
CHOSEN = (*SMALL, *FULL) if os.environ.get("IDEM_PROOF") == "full" else SMALL

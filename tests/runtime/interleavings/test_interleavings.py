"""Two and three callers of one key, through every order in which their statements can reach the server.

``IDEM_PROOF=full`` enumerates more (see ``tables.py``). ``python -m tests.runtime.interleavings`` prints the counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from tests.runtime.interleavings.enumeration import every_order
from tests.runtime.interleavings.scenario import Scenario
from tests.runtime.interleavings.tables import CHOSEN, TWO
from tests.runtime.interleavings.world import Stage, set_up


@pytest.fixture(scope="module")
def stage(dsn: str) -> Iterator[Stage]:
    """Connections for all runs."""
    made = set_up(dsn)
    yield made
    made.close()


@pytest.mark.parametrize("scenario", CHOSEN, ids=lambda scenario: scenario.name)
def test_every_order_leaves_one_effect_and_tells_the_truth(
    stage: Stage, scenario: Scenario, record_property: Callable[[str, object], None]
) -> None:
    counts = every_order(scenario, stage)
    record_property("interleavings", counts.orders)
    record_property("faults", sum(counts.faults.values()))
    assert counts.orders > 1
    assert set(counts.faults) >= set(scenario.faults), "every fault was there"
    assert not scenario.collide or counts.waits, "the keys share a lock"


@pytest.mark.parametrize(
    "scenario",
    [Scenario(TWO, faults=("die",)), Scenario(TWO, locked=False)],
    ids=lambda scenario: scenario.name,
)
def test_leaving_out_what_cannot_be_told_apart_hides_no_outcome(stage: Stage, scenario: Scenario) -> None:
    full, reduced = every_order(scenario, stage), every_order(replace(scenario, reduced=True), stage)
    assert reduced.orders < full.orders
    assert set(reduced.outcomes) == set(full.outcomes)

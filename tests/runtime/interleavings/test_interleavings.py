"""Two and three callers of one key, through every order in which their statements can reach the server.

``IDEM_PROOF=full`` enumerates more (see ``tables.py``). ``python -m tests.runtime.interleavings`` prints the counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from idem_runtime.model import Ask, Execute, Pause, Record, Response, Sealed, Statement, Steps, Verdict
from idem_runtime.protocol import external_effect, local_effect
from tests.runtime.interleavings.caller import Caller
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
    print(counts)  # `pytest -rP` shows it
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


@pytest.mark.parametrize("locked", [True, False])
def test_prepared_statements_have_the_orders_and_outcomes_of_the_simple_form(
    stage: Stage, locked: bool
) -> None:
    simple, prepared = (
        every_order(Scenario(TWO, locked=locked, prepared=form), stage) for form in (False, True)
    )
    assert (prepared.orders, set(prepared.outcomes)) == (simple.orders, set(simple.outcomes))


def commit_a_losers_effect(monkeypatch: pytest.MonkeyPatch) -> None:
    message = Caller.message

    def conditional(self: Caller, statement: Statement) -> bytes:
        end = b"clock_timestamp(), clock_timestamp())"
        return message(self, statement).replace(end, end + b" ON CONFLICT DO NOTHING")

    monkeypatch.setattr(Caller, "message", conditional)


def believe_in_a_lost_commit(monkeypatch: pytest.MonkeyPatch) -> None:
    def believing(ask: Ask, response: Response) -> Steps[Verdict]:
        yield Pause(0)
        return Sealed(response)

    monkeypatch.setattr(local_effect, "verify", believing)


def execute_beside_the_original(monkeypatch: pytest.MonkeyPatch) -> None:
    def judge(record: Record, ask: Ask) -> Any:
        return Execute() if record.status == "INPROGRESS" else local_effect.judge(record, ask)

    monkeypatch.setattr(external_effect, "judge", judge)


@pytest.mark.parametrize(
    ("sabotage", "scenario"),
    [
        (commit_a_losers_effect, Scenario(TWO, locked=False)),
        (believe_in_a_lost_commit, Scenario(TWO, faults=("cut",), reduced=True)),
        (execute_beside_the_original, Scenario(TWO, "external")),
    ],
)
def test_a_protocol_that_is_wrong_in_some_order_is_found(
    dsn: str,
    monkeypatch: pytest.MonkeyPatch,
    sabotage: Callable[[pytest.MonkeyPatch], None],
    scenario: Scenario,
) -> None:
    stage = set_up(dsn)
    sabotage(monkeypatch)
    with pytest.raises(AssertionError):
        every_order(scenario, stage)
    stage.close()

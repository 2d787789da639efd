"""Every order in which the steps of some callers can happen, depth first, each on connections to a real server."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field

from tests.runtime.interleavings.scenario import Choice, Scenario
from tests.runtime.interleavings.truth import outcome
from tests.runtime.interleavings.wires import PATIENCE
from tests.runtime.interleavings.world import Stage, World

COMMUTE = {
    frozenset({"read"}),
    frozenset({"read", "lock"}),
    frozenset({"lock", "insert"}),
    frozenset({"read", "insert"}),
}
"""Steps of two callers whose order nobody can tell: what is not committed is not read, and not locked."""
TOLD = frozenset({"read", "insert"})
"""But SERIALIZABLE keeps a list of who read what others write, and whom it ends may depend on the order."""
RACES = 50
"""How often one order is tried anew where the server itself let two callers race."""


@dataclass
class Node:
    """A point where something is chosen."""

    choices: list[Choice]
    sleeping: frozenset[Choice]
    at: int = 0

    @property
    def open(self) -> list[Choice]:
        """What is to be tried here."""
        return [choice for choice in self.choices if choice not in self.sleeping]

    def below(self, scenario: Scenario) -> frozenset[Choice]:
        """What need not be tried behind the present choice: it was tried before it, and the order cannot be told."""
        chosen = self.open[self.at]
        done = self.sleeping.union(self.open[: self.at])
        return frozenset(choice for choice in done if commute(choice, chosen, scenario))


def commute(one: Choice, other: Choice, scenario: Scenario) -> bool:
    """Whether the order of two things is of no consequence."""
    (verb, number, kind), (other_verb, other_number, other_kind) = one, other
    if number == other_number and (verb == "ghost") == (other_verb == "ghost"):
        return False
    if "client" in (kind, other_kind) or "effect" in (kind, other_kind):
        return True
    kinds = frozenset({kind, other_kind})
    return kinds in COMMUTE and not (kinds == TOLD and scenario.level == "serializable")


@dataclass
class Counts:
    """What was enumerated."""

    orders: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    waits: int = 0
    races: int = 0
    steps: int = 0
    outcomes: Counter[tuple[str, ...]] = field(default_factory=Counter)
    seconds: float = 0.0

    def __str__(self) -> str:
        faults = ", ".join(f"{number} {verb}" for verb, number in sorted(self.faults.items()))
        return (
            f"{self.orders} interleavings of {self.steps} steps, {self.waits} with a wait for a lock"
            f"{', ' + faults if faults else ''}; {len(self.outcomes)} outcomes; {self.seconds:.1f} s"
        )


class Raced(Exception):
    """The server let two go on at once, and another came first than last time."""


def every_order(scenario: Scenario, stage: Stage) -> Counts:
    """Run them all; each has to be true."""
    counts, path, began = Counts(), list[Node](), time.monotonic()
    again = 0
    while True:
        try:
            _run(scenario, stage, path, counts)
        except Raced:
            counts.races += 1
            again += 1
            assert again < RACES, "one order could not be had again"
            continue
        again = 0
        while path and path[-1].at + 1 >= len(path[-1].open):
            path.pop()
        if not path:
            counts.seconds = time.monotonic() - began
            return counts
        path[-1].at += 1


def _run(scenario: Scenario, stage: Stage, path: list[Node], counts: Counts) -> None:
    world, taken, waited = World(scenario, stage), list[Choice](), False
    try:
        while choices := _choices(world):
            if len(taken) == len(path):
                path.append(
                    Node(choices, path[-1].below(scenario) if path and scenario.reduced else frozenset())
                )
            node = path[len(taken)]
            if node.choices != choices:
                raise Raced  # noqa: TRY301 - as far in as where it is noticed
            if not node.open:
                return
            taken.append(node.open[node.at])
            world.take(taken[-1])
            waited = waited or any(caller.blocked for caller in world.callers)
        del path[len(taken) :]
        told = outcome(world)
    except Raced:
        raise
    except Exception as error:
        error.add_note(
            f"{scenario.name}: {' > '.join(f'{verb} {number} ({kind})' for verb, number, kind in taken)}"
        )
        error.add_note(f"answers: {[caller.answer for caller in world.callers]}")
        raise
    finally:
        world.end()
    counts.orders += 1
    counts.steps += len(taken)
    counts.waits += waited
    counts.outcomes[told] += 1
    counts.faults.update(verb for verb, _, _ in taken if verb not in ("step", "ghost"))


def _choices(world: World) -> list[Choice]:
    """What may happen next; where all are blocked by each other, the server ends the deadlock."""
    end = time.monotonic() + PATIENCE
    while not (choices := world.choices()) and world.wake():
        assert time.monotonic() < end, "everybody waits"
    return choices or world.choices()

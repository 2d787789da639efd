"""What is enumerated: who calls, and what may befall the first of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from idem_runtime.model import Isolation
from tests.runtime.interleavings.scripts import Role
from tests.runtime.interleavings.wires import Kind

Fault = Literal["die", "cut", "lose", "lapse"]
Verb = Literal["step", "ghost", "time out", "die", "cut", "lose", "lapse"]
Choice = tuple[Verb, int, Kind]
"""What happens next: a caller's next step, or what befalls it; the kind says what it may disturb."""
KILLS: tuple[Fault, ...] = ("die", "cut", "lose")


@dataclass(frozen=True)
class Scenario:
    """Some callers; at most one fault befalls the first one, at any point of any order.

    ``die``: its process ends, with its connections. ``cut``: the server ends its connection, the caller goes on.
    ``lose``: it is told that its connection is lost, while what it had sent goes on in the server. ``lapse``: its lease
    passes while it runs.
    """

    roles: tuple[Role, ...]
    effect: Literal["local", "external"] = "local"
    locked: bool = True
    level: Isolation = "read committed"
    faults: tuple[Fault, ...] = ()
    collide: bool = False  # the last caller has another key, with the same lock
    renamed: bool = False  # the operation had another name: two locks
    expired: bool = False  # an answer is there that is no longer kept
    time_outs: int = 0  # how often a wait for a lock may reach its limit
    prepared: bool = False  # claims and seals are prepared statements, in pipelines
    sessions: bool = False  # the effect is what sessions of the application's own do, some of it undone
    reduced: bool = False  # of the orders that differ only in what nobody can notice, one

    @property
    def name(self) -> str:
        """For a person."""
        words = [
            self.effect,
            "with lock" if self.locked else "without lock",
            self.level,
            ", ".join(self.roles),
        ]
        words += [
            word
            for word in ("collide", "renamed", "expired", "prepared", "sessions", "reduced")
            if getattr(self, word)
        ]
        words += [f"{self.time_outs} time-outs"] if self.time_outs else []
        return "; ".join([*words, *self.faults])

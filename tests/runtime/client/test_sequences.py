"""Over any sequence of calls, failures, retries and restarts: two requests have one key where they are one call of one intent.

The model knows an intent by what its caller means (an object, or a name in a store), a call by its path.
"""

from __future__ import annotations

import contextlib
import tempfile
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from idem_runtime.client import AmbiguousIntent, CallPolicy, FileIntents, Intent, intent
from idem_runtime.client.httpx import IdempotentTransport

PATHS = ("/transfers", "/fees")
NAMES = ("invoice-1", "invoice-2")
OUTCOMES = ("answered", "lost", "lost, answered", "busy")


@dataclass(frozen=True)
class Step:
    """One call of a program: in which intent (a number, a name, or none), in which step of it, to where."""

    whose: int | str | None
    within: tuple[str, ...]
    path: str
    outcome: str
    restarts: bool = False


steps = st.lists(
    st.builds(
        Step,
        st.one_of(st.none(), st.integers(0, 2), st.sampled_from(NAMES)),
        st.lists(st.sampled_from(("a", "b")), max_size=2).map(tuple),
        st.sampled_from(PATHS),
        st.sampled_from(OUTCOMES),
        st.booleans(),
    ),
    max_size=25,
)


class Program:
    """A caller that follows steps; ``seen``: for each request that left, what it meant and its key."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self.outcomes: list[str] = []
        self.seen: list[tuple[Any, str]] = []
        self.meaning: Any = None
        self.lone = 0
        self.start()

    def start(self) -> None:
        """As a process does: nothing is known but what the store has."""
        self.client = httpx.Client(
            transport=IdempotentTransport(
                httpx.MockTransport(self.answer), CallPolicy(attempts=2, first_pause=0, longest_pause=0)
            ),
            base_url="http://bank",
        )
        self.intents: dict[int | str, Intent] = {}
        self.started = getattr(self, "started", 0) + 1

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.seen.append((self.meaning, request.headers["idempotency-key"]))
        outcome = self.outcomes.pop(0)
        if outcome == "lost":
            raise httpx.ReadError("lost")
        return httpx.Response(503 if outcome == "busy" else 201)

    def known(self, whose: int | str) -> Intent:
        if whose not in self.intents:
            store = FileIntents(self.folder)
            self.intents[whose] = intent(whose, store=store) if isinstance(whose, str) else intent()
        return self.intents[whose]

    def take(self, step: Step) -> None:
        if step.restarts:
            self.start()
        self.outcomes = {
            "answered": ["answered"],
            "lost": ["lost", "lost"],
            "lost, answered": ["lost", "answered"],
            "busy": ["busy", "busy"],
        }[step.outcome]
        with contextlib.ExitStack() as entered, contextlib.suppress(httpx.ReadError, AmbiguousIntent):
            if step.whose is None:
                self.lone += 1
                self.meaning = self.lone
            else:
                life = None if isinstance(step.whose, str) else self.started
                self.meaning = (step.whose, life, step.within, step.path)
                entered.enter_context(self.known(step.whose))
                for name in step.within:
                    entered.enter_context(intent(name))
            self.client.post(step.path, json={"amount": 5})


LOST_AND_RESTARTED = [
    Step("invoice-1", ("a",), "/fees", "lost"),
    Step(None, (), "/fees", "lost, answered"),
    Step(1, (), "/fees", "busy"),
    Step(1, (), "/fees", "answered"),
    Step("invoice-1", ("a",), "/fees", "answered", restarts=True),
    Step(1, (), "/fees", "answered"),
]


@given(steps)
@example(LOST_AND_RESTARTED)
@settings(max_examples=30)
def test_one_key_for_one_call_of_one_intent_and_another_for_any_other(taken: list[Step]) -> None:
    holds(taken)


@pytest.mark.exhaustive
@given(steps)
@settings(max_examples=600)
def test_the_same_over_many_more_sequences(taken: list[Step]) -> None:
    holds(taken)


def holds(taken: list[Step]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        program = Program(folder)
        for step in taken:
            program.take(step)
    key_of, meaning_of = dict(program.seen), {key: meaning for meaning, key in program.seen}
    assert all(key_of[meaning] == key for meaning, key in program.seen)
    assert all(meaning_of[key] == meaning for meaning, key in program.seen)

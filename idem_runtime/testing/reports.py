"""What came of a storm, and the two things that it can be held to."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Answer:
    """What one caller got. Of a plain function: 200 and what it returned, or the status and code of what it raised."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""

    @property
    def replayed(self) -> bool:
        """Whether it says that it is a replay."""
        return any(name.lower() == "idempotent-replayed" for name, _ in self.headers)

    @property
    def success(self) -> bool:
        """Whether it says that it was done."""
        return self.status < 400

    @property
    def code(self) -> str | None:
        """The code of a problem, where it is one."""
        try:
            problem: Any = json.loads(self.body)
        except ValueError:
            return None
        code: Any = problem.get("code") if isinstance(problem, dict) else None  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType] - of whatever JSON there is
        return code if isinstance(code, str) else None

    def __str__(self) -> str:
        """One line of a report."""
        replay = " (a replay)" if self.replayed else ""
        return f"{self.status}{replay} {self.body[:200].decode(errors='replace')}"


@dataclass(frozen=True)
class Storm:
    """What became of one key under concurrent duplicates, and of what was asked after them."""

    answers: tuple[Answer, ...]
    """Of the duplicates."""
    executions: int
    """How many of them executed the handler and recorded that, as the runtime says."""
    effects: int | None = None
    """By how much ``effects=`` has grown, the killed request's included; ``None``: it was not asked."""
    killed_at: str | None = None
    mismatch: Answer | None = None
    """The answer to the same key with another payload."""
    other_tenant: Answer | None = None
    """The answer to the same key from somebody else."""
    other_effects: int | None = None
    """By how much ``effects=`` has grown for the other tenant."""

    def assert_executed_once(self) -> None:
        """The key was executed exactly once, and everybody was told the same, but for another payload and another tenant.

        :raises AssertionError: says what happened instead, with all answers.
        """
        done = {(answer.status, answer.body) for answer in self.answers if answer.success}
        self._require(bool(done), "nobody was told that it was done")
        self._require(len(done) == 1, "successes differ, so that they are of more than one execution")
        wanted = 0 if self.killed_at == "after_record" else 1
        self._require(self.executions >= wanted, "no execution was recorded: is the handler @money_moving?")
        self._require(self.effects in (None, 1), f"the effect was made {self.effects} times")
        self.assert_at_most_once()

    def assert_at_most_once(self) -> None:
        """As :meth:`assert_executed_once`, where nobody may know whether it was executed (an external effect, killed).

        :raises AssertionError: it was executed twice, or somebody was told something else.
        """
        self._require(self.executions <= 1, f"{self.executions} executions of one key were recorded")
        self._require(self.effects in (None, 0, 1), f"the effect was made {self.effects} times")
        allowed = ("in_progress", "outcome_unknown", "executed_response_lost")
        wrong = [answer for answer in self.answers if not answer.success and answer.code not in allowed]
        self._require(not wrong, f"a duplicate was answered otherwise: {wrong and wrong[0]}")
        if self.mismatch is not None:
            self._require(self.mismatch.code == "key_reused", f"another payload got {self.mismatch}")
        if self.other_tenant is not None:
            own = self.other_tenant.success and not self.other_tenant.replayed
            self._require(own, f"another tenant's first request got {self.other_tenant}")
            self._require(self.other_effects in (None, 1), f"it had {self.other_effects} effects")

    def _require(self, holds: bool, otherwise: str) -> None:  # noqa: FBT001 - read as an assertion
        if not holds:
            raise AssertionError(f"{otherwise}\n{self}")

    def __str__(self) -> str:
        """All answers, the same ones counted."""
        killed = f" after a kill at {self.killed_at}" if self.killed_at else ""
        effects = "" if self.effects is None else f", effects: {self.effects}"
        lines = [f"{number} x {line}" for line, number in Counter(map(str, self.answers)).items()]
        return "\n".join(
            [f"{len(self.answers)} duplicates{killed}; executions: {self.executions}{effects}", *lines]
        )


def assert_executed_once(responses: Iterable[Any], *, effects: Callable[[], int] | int | None = None) -> None:
    """``responses`` to duplicates, by whatever client (httpx, requests, Flask's, Django's), are of one execution.

    ``effects``: how often the effect was made, or what counts it.

    :raises AssertionError: says what happened instead.
    """
    answers = tuple(map(answer_of, responses))
    first = sum(answer.success and not answer.replayed for answer in answers)
    made = effects() if callable(effects) else effects
    Storm(answers, executions=first, effects=made).assert_executed_once()


def answer_of(response: Any) -> Answer:
    """A client's response, as a storm's report has it."""
    if isinstance(response, Answer):
        return response
    body = response.content if hasattr(response, "content") else response.data
    headers = tuple((str(name), str(value)) for name, value in response.headers.items())
    return Answer(int(response.status_code), headers, bytes(body))

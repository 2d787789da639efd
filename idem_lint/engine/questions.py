"""Questions that are answered once. An answer is the same whatever was asked before it, so that it may be kept.

Two things would make answers depend on the order of questions, and are dealt with here:

* *Questions that lead back to themselves.* Who asks for what is being answered gets what is known meanwhile. What was found
  with that is only for the question that the circle began at, and is dropped with its answer; asked by itself, a member of
  a circle is where the circle begins (as in Tarjan's algorithm for strongly connected components).
* *Limits.* A question without arguments has a budget of its own, whoever asks it. One about the arguments of a call
  counts towards the budget of the question that led to it, and so does each question that it led to when it was answered
  first: what is kept costs as much as what is not. Where a limit cut an answer short, it is kept for that budget alone.

What is left is a circle that a limit cut off before it closed: it is not known to be one.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any, TypeVar, cast

from idem_lint.engine.value_types import TOO_DEEP, Value

# How many calls, one inside the other, are followed.
CALLS = 6
# How many questions about arguments one question may lead to: functions that call each other would lead to exponentially
# many.
STEPS = 600
_NONE = sys.maxsize

Key = tuple[object, ...]
T = TypeVar("T")


class Answer:
    """What is known of a question.

    ``index`` is its place among the questions that are being answered, or -1; ``low`` that of the one that the answer is
    only for, or -1; ``circle`` are the questions in whose midst it would be another; ``is_settled``: there are none of
    these; ``is_cut``: a limit cut it short. ``calls`` is how many calls, one inside the other, it followed, ``parts`` are
    the answers about arguments that it asked for, ``size`` is at least how many those are with their own: exactly that,
    once somebody had to count them.
    """

    __slots__ = ("calls", "circle", "index", "is_cut", "is_settled", "key", "low", "parts", "size", "value")

    def __init__(self, key: Key, value: object, index: int) -> None:
        self.key = key
        self.value = value
        self.index: int = index
        self.low: int = -1
        self.circle: frozenset[Key] | None = None
        self.is_settled = False
        self.is_cut = False
        self.calls = 0
        self.parts: tuple[Answer, ...] = ()
        self.size = 1


class _Budget:
    """What one question has used: the questions that count, and what was cut short, by how many calls led there.

    ``whole`` are those that count with all that they led to; of the ``pending`` ones that is only counted (and until then
    put at the most that it can be) where it might be too much.
    """

    __slots__ = ("calls", "counted", "cut_short", "most_calls", "most_pending", "parts", "pending", "whole")

    def __init__(self) -> None:
        self.counted: set[Key] = set()
        self.whole: set[Key] = set()
        self.pending: list[Answer] = []
        self.most_pending = 0
        self.cut_short: dict[tuple[Key, int], object] = {}
        self.calls = 0
        self.most_calls = 0
        self.parts: dict[Answer, None] = {}

    def affords(self, answer: Answer) -> bool:
        """Whether an answer that is kept would not be cut short here; then it counts with all that it led to."""
        calls = self.calls + answer.calls
        if calls > CALLS:
            return False
        if answer.key not in self.whole:
            if len(self.counted) + self.most_pending + answer.size <= STEPS:
                self.pending.append(answer)
                self.most_pending += answer.size
                self.whole.add(answer.key)
            elif not self._counts_whole(answer):
                return False
        self.most_calls = max(self.most_calls, calls)
        return True

    def counts(self, key: Key) -> bool:
        """Count a question; False where there is nothing left for it."""
        if len(self.counted) + self.most_pending >= STEPS:
            self._settle()
            if key not in self.counted and len(self.counted) >= STEPS:
                return False
        self.counted.add(key)
        return True

    def _counts_whole(self, answer: Answer) -> bool:
        self._settle()
        parts = _with_parts(answer)
        answer.size = len(parts)
        if len(self.counted | parts) > STEPS:
            return False
        self.counted |= parts
        self.whole |= parts
        return True

    def _settle(self) -> None:
        for answer in self.pending:
            parts = _with_parts(answer)
            self.counted |= parts
            self.whole |= parts
        self.pending.clear()
        self.most_pending = 0


def _with_parts(answer: Answer) -> set[Key]:
    """The questions that an answer led to, and its own."""
    seen: set[Key] = set()
    waiting = [answer]
    while waiting:
        part = waiting.pop()
        if part.key not in seen:
            seen.add(part.key)
            waiting += part.parts
    return seen


class Questions:
    """Answers questions, and keeps the answers."""

    def __init__(self) -> None:
        self.answers: dict[Key, Answer] = {}
        self.answers_about_arguments: dict[Key, Answer] = {}
        # What a limit cut short of questions that nothing led to: their budget was their own.
        self._cut_first: dict[Key, object] = {}
        self._open: dict[Key, int] = {}
        # What is only for a question that is being answered, with what was known before it.
        self._provisional: list[tuple[dict[Key, Answer], Answer, Answer | None]] = []
        self._lowest: int = _NONE
        self._given_up: int = 0
        self._budget = _Budget()
        self.is_plain = False
        """Whether an expression is evaluated without a look into the functions that are called with arguments."""

    @property
    def is_answering(self) -> bool:
        """Whether a question is being answered."""
        return bool(self._open)

    def forget_answers(self) -> None:
        """Drop every answer."""
        self.answers.clear()
        self.forget_arguments()

    def forget_arguments(self) -> None:
        """Drop the answers about arguments."""
        self.answers_about_arguments.clear()
        self._cut_first.clear()
        self._budget = _Budget()

    def given_up(self) -> Value:
        """What an expression comes to that is too far from the question."""
        self._given_up += 1
        return TOO_DEEP

    def follow_call(self, follow: Callable[[], T]) -> T | Value:
        """What following a call comes to; ``TOO_DEEP`` where that is one call too many inside others."""
        if self.is_plain:
            return TOO_DEEP
        budget = self._budget
        if budget.calls >= CALLS:
            return self.given_up()
        budget.calls += 1
        budget.most_calls = max(budget.most_calls, budget.calls)
        try:
            return follow()
        finally:
            budget.calls -= 1

    def ask(self, key: Key, find: Callable[[], T], meanwhile: T) -> T:
        """The answer to a question without arguments; ``meanwhile`` where it is being answered."""
        known = self.answers.get(key)
        if known is not None and (known.is_settled or self._can_be_told(known)):
            return cast("T", known.value)
        before, self._budget, given_up = self._budget, _Budget(), self._given_up
        is_plain, self.is_plain = self.is_plain, False
        try:
            answer = self._answer(self.answers, key, find, meanwhile)
        finally:
            self._budget, self._given_up, self.is_plain = before, given_up, is_plain
        return cast("T", answer.value)

    def ask_about_arguments(self, key: Key, find: Callable[[], T], meanwhile: T) -> T | Value:
        """As :meth:`ask`, at the expense of the question that led here; ``TOO_DEEP`` where nothing is left of its budget."""
        is_first = not self._open
        if is_first:
            if key in self._cut_first:
                return cast("T", self._cut_first[key])
            self._budget = _Budget()
        budget = self._budget
        before = self.answers_about_arguments.get(key)
        known = before if before is not None and (before.is_settled or self._can_be_told(before)) else None
        if known is not None and (known.index >= 0 or known.low >= 0 or budget.affords(known)):
            budget.parts[known] = None
            self._given_up += known.is_cut
            return cast("T", known.value)
        calls = budget.calls
        if (key, calls) in budget.cut_short:
            self._given_up += 1
            return cast("T", budget.cut_short[key, calls])
        if not budget.counts(key):
            return self.given_up()
        given_up, most_calls, parts = self._given_up, budget.most_calls, budget.parts
        budget.most_calls, budget.parts = calls, {}
        try:
            answer = self._answer(self.answers_about_arguments, key, find, meanwhile)
        finally:
            own_parts, budget.parts = budget.parts, parts
            own_calls, budget.most_calls = budget.most_calls, max(most_calls, budget.most_calls)
        answer.is_cut = given_up != self._given_up
        if answer.low < 0:
            if answer.is_cut:
                self._restore(self.answers_about_arguments, answer, before)
                budget.cut_short[key, calls] = answer.value
                if is_first:
                    self._cut_first[key] = answer.value
                return cast("T", answer.value)
            budget.whole.add(key)
        answer.calls = own_calls - calls
        answer.parts = tuple(own_parts)
        answer.size = min(1 + sum(part.size for part in own_parts), STEPS + 1)
        parts[answer] = None
        return cast("T", answer.value)

    def leads_back(self, key: Key) -> bool:
        """Whether what :meth:`while_open` was entered with is going on."""
        if key not in self._open:
            return False
        self._lowest = min(self._lowest, self._open[key])
        return True

    @contextmanager
    def while_open(self, key: Key) -> Generator[None]:
        """Let the question that is being answered be known by another key, too."""
        self._open[key] = len(self._open) - 1
        try:
            yield
        finally:
            del self._open[key]

    def _can_be_told(self, answer: Answer) -> bool:
        """Whether an answer is right here; what is only for a question that is being answered makes others be so, too."""
        if answer.index >= 0 or answer.low >= 0:
            self._lowest = min(self._lowest, answer.index if answer.index >= 0 else answer.low)
            return True
        return answer.circle is None or answer.circle.isdisjoint(self._open)

    def _answer(
        self, answers: dict[Key, Answer], key: Key, find: Callable[[], Any], meanwhile: object
    ) -> Answer:
        before, lowest, first = answers.get(key), self._lowest, len(self._provisional)
        index = len(self._open)
        answer = answers[key] = Answer(key, meanwhile, index)
        self._open[key] = index
        self._lowest = _NONE
        try:
            answer.value = find()
        except BaseException:
            self._end(first)
            self._restore(answers, answer, before)
            self._lowest = lowest
            raise
        finally:
            del self._open[key]
            answer.index = -1
        if self._lowest >= index:
            circle = self._end(first)
            answer.circle = frozenset(circle) if circle else None
            answer.is_settled = not circle
            self._lowest = lowest
            return answer
        answer.low = self._lowest
        for _, provisional, _ in self._provisional[first:]:
            provisional.low = min(provisional.low, answer.low)
        self._provisional.append((answers, answer, before))
        self._lowest = min(lowest, answer.low)
        return answer

    def _end(self, first: int) -> list[Key]:
        """Drop what was only for the question that has its answer now; which questions that were."""
        ended = self._provisional[first:]
        del self._provisional[first:]
        for answers, answer, before in reversed(ended):
            self._restore(answers, answer, before)
        return [answer.key for _, answer, _ in ended]

    def _restore(self, answers: dict[Key, Answer], answer: Answer, before: Answer | None) -> None:
        if before is not None:
            answers[answer.key] = before
        else:
            del answers[answer.key]

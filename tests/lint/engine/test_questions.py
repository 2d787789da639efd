"""Answers are kept as if each had been the first to be asked: in circles, at limits, and after a fault."""

from __future__ import annotations

import random
from functools import partial

import pytest

from idem_lint.engine import questions
from idem_lint.engine.questions import Key, Questions
from idem_lint.engine.value_types import TOO_DEEP

SIZE = 14


class _Graph(Questions):
    """Questions that ask each other; an answer says all that was found on the way."""

    def __init__(self, seed: int, *, has_circles: bool, size: int = SIZE) -> None:
        super().__init__()
        chance = random.Random(seed)
        self.is_about_arguments = [chance.random() < 0.6 for _ in range(size)]
        self.asks = [
            [
                (chance.randrange(0 if has_circles else number + 1, size), chance.random() < 0.3)
                for _ in range(chance.choice((0, 1, 1, 2, 3)) if has_circles or number < size - 1 else 0)
            ]
            for number in range(size)
        ]

    def answer(self, number: int) -> object:
        key: Key = ("question", number)
        ask = self.ask_about_arguments if self.is_about_arguments[number] else self.ask
        return ask(key, partial(self._find, number), 0)

    def _find(self, number: int) -> object:
        found: list[object] = []
        for other, is_call in self.asks[number]:
            ask = partial(self.answer, other)
            found.append(self.follow_call(ask) if is_call else ask())
        return hash((number, *found))


# A limit may cut off a circle before it closes; so the two are tried by themselves.
@pytest.mark.parametrize(
    ("has_circles", "steps", "calls"), [(True, 2000, 100), (False, 6, 6), (False, 2000, 1), (False, 4, 2)]
)
def test_an_answer_is_that_of_somebody_who_asks_first(
    has_circles: bool,
    steps: int,
    calls: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(questions, "STEPS", steps)
    monkeypatch.setattr(questions, "CALLS", calls)
    for seed in range(200):
        first = [_Graph(seed, has_circles=has_circles).answer(number) for number in range(SIZE)]
        graph, order = _Graph(seed, has_circles=has_circles), [*range(SIZE), *range(SIZE)]
        random.Random(seed).shuffle(order)
        assert [graph.answer(number) for number in order] == [first[number] for number in order], seed


def test_what_leads_back_to_itself_is_told_what_is_known_meanwhile() -> None:
    asked = Questions()

    def find() -> str:
        return f"after {asked.ask(('a',), find, 'nothing')}"

    assert asked.ask(("a",), find, "nothing") == "after nothing"
    assert asked.answers["a",].is_settled


def test_a_question_that_fails_leaves_nothing_behind() -> None:
    asked = Questions()

    def fail() -> str:
        asked.ask(("part",), lambda: asked.ask(("whole",), str, ""), "")
        raise RecursionError

    with pytest.raises(RecursionError):
        asked.ask(("whole",), fail, "meanwhile")
    assert not asked.answers
    assert not asked.is_answering
    assert asked.ask(("whole",), lambda: "found", "meanwhile") == "found"


def test_nothing_is_left_for_a_question_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(questions, "STEPS", 3)
    asked = Questions()

    def find(number: int) -> object:
        return asked.ask_about_arguments((number,), partial(find, number + 1), 0)

    assert asked.ask(("start",), partial(find, 0), 0) == TOO_DEEP

"""A mark on a class view guards the methods that answer POST."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import pytest

from idem_runtime import ConfigurationError, NotInstalled, money_moving, not_money_moving
from idem_runtime.marks import MoneyMoving, NotMoneyMoving, mark_of


class Framework:
    """A base class as a framework ships it."""

    def post(self, amount: int = 1, *, unit: str = "cent") -> str:
        return f"{amount} {unit}"

    def get(self) -> str:
        return "page"


def test_an_inherited_post_is_guarded_and_the_base_is_left_alone() -> None:
    @money_moving
    class Transfers(Framework): ...

    assert Transfers().get() == "page"
    assert Framework().post() == "1 cent"
    with pytest.raises(NotInstalled):
        Transfers().post()


def test_an_opt_out_on_a_class_marks_its_post_and_not_the_bases() -> None:
    @not_money_moving(reason="a search")
    class Search(Framework): ...

    assert isinstance(mark_of(Search.post), NotMoneyMoving)
    assert mark_of(Framework.post) is None
    assert Search().post(2, unit="euro") == "2 euro"
    assert inspect.signature(Search.post) == inspect.signature(Framework.post)


def action(function: Callable[..., Any]) -> Callable[..., Any]:
    function.mapping = {"post": "close"}  # type: ignore[attr-defined]
    return function


class Recorder:
    calls: list[str]

    def __call__(self) -> str:
        return "called"


class Mixed:
    nested = Framework
    number = 3

    @staticmethod
    def on_post(request: object) -> object:
        return request

    @classmethod
    def mutate(cls) -> str:
        return cls.__name__

    @action
    def close(self) -> None: ...

    create = Recorder()


def test_every_method_that_answers_post_is_marked_with_its_kind_kept() -> None:
    marked = money_moving(operation="mixed")(Mixed)
    for name in ("on_post", "mutate", "close", "create"):
        assert isinstance(mark_of(getattr(marked, name)), MoneyMoving), name
    assert isinstance(inspect.getattr_static(marked, "on_post"), staticmethod)
    assert isinstance(inspect.getattr_static(marked, "mutate"), classmethod)


def test_a_class_cannot_carry_both_marks() -> None:
    with pytest.raises(ConfigurationError, match="marked both"):
        money_moving(not_money_moving(reason="reads")(type("Both", (Framework,), {})))

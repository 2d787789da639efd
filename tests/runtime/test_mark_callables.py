"""What a mark calls gets those of the function's arguments that it names; what it needs and cannot get is refused."""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable
from typing import Any

import pytest

from idem_runtime import ConfigurationError, from_header, from_payload, money_moving
from idem_runtime.mark_callables import fitted, takes_one
from idem_runtime.marks import MoneyMoving, mark_of


def settle(job: str, amount: int = 5, *, rail: str = "sepa") -> None: ...


def batch(job: str, *jobs: str, **more: Any) -> None: ...


def first(job: str, /, amount: int) -> None: ...


class Desk:
    name = "desk"

    def pay(self, job: str) -> None: ...


def positional(anything: Any, /) -> Any:
    return anything


def both(anything: Any, /, rail: str) -> Any:
    return anything, rail


CALLS: list[tuple[Callable[..., Any], Callable[..., Any], tuple[Any, ...], dict[str, Any], Any]] = [
    (lambda job: job, settle, ("j",), {}, "j"),
    (lambda job: job, settle, (), {"job": "j"}, "j"),
    (lambda rail: rail, settle, ("j",), {}, "sepa"),
    (lambda amount, job: (job, amount), settle, ("j", 7), {}, ("j", 7)),
    (lambda: "fixed", settle, ("j",), {}, "fixed"),
    (lambda job, other=1: (job, other), settle, ("j",), {}, ("j", 1)),
    (lambda job, rail="mine": rail, settle, ("j",), {"rail": "theirs"}, "theirs"),
    (lambda job, **rest: (job, rest), settle, ("j",), {}, ("j", {"amount": 5, "rail": "sepa"})),
    (lambda *args, **kwargs: (args, kwargs), settle, ("j",), {"rail": "x"}, (("j",), {"rail": "x"})),
    (positional, settle, ("j",), {}, "j"),
    (both, settle, ("j",), {}, ("j", "sepa")),
    (len, settle, ("four",), {}, 4),
    (str, settle, (7,), {}, "7"),
    (operator.itemgetter("id"), settle, (), {"job": {"id": "j"}}, "j"),
    (functools.partial(lambda mine, job: (mine, job), 1), settle, ("j",), {}, (1, "j")),
    (lambda unknown: unknown, batch, ("j", "k"), {"unknown": 1}, 1),
    (lambda job, **rest: rest, batch, ("j", "k"), {"a": 1}, {"a": 1}),
    (lambda amount: amount, first, ("j", 3), {}, 3),
    (lambda job: job, Desk.pay, (Desk(), "j"), {}, "j"),
    (lambda self: self.name, Desk.pay, (Desk(), "j"), {}, "desk"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "function", "args", "kwargs", "given"), CALLS)
def test_a_callable_gets_the_arguments_that_it_names(
    call: Any, function: Any, args: Any, kwargs: Any, given: Any
) -> None:
    assert fitted("key", call, function)(*args, **kwargs) == given


def test_a_call_that_does_not_fit_the_function_fails_as_the_function_would() -> None:
    key = fitted("key", lambda job: job, settle)
    for args, kwargs in [((), {}), (("j",), {"nonsense": 1}), (("j", 1, "sepa"), {})]:
        with pytest.raises(TypeError, match="argument"):
            key(*args, **kwargs)


@pytest.mark.parametrize("option", ["key", "principal", "fingerprint", "previous_principals"])
@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda order: order, r"needs order, and the function takes \(job, amount, rail\)"),
        (lambda job, order, db: order, "needs order, db"),
        (lambda a, b, c, d, /: a, "needs 4 arguments"),
    ],
)
def test_a_callable_that_does_not_fit_is_refused_at_decoration(option: str, call: Any, says: str) -> None:
    options: dict[str, Any] = {option: (call,) if option == "previous_principals" else call}
    with pytest.raises(ConfigurationError, match=rf"^@money_moving\({option}=…\).*{says}"):
        money_moving(**options)(settle)


@pytest.mark.parametrize("function", [Desk.pay, lambda: None])
def test_what_does_not_say_what_it_takes_needs_a_first_argument(function: Any) -> None:
    with pytest.raises(ConfigurationError, match="what str takes cannot be read"):
        money_moving(key=str)(function)


def test_a_function_without_a_signature_gives_all_that_it_is_called_with() -> None:
    assert fitted("key", positional, str) is positional


def test_a_record_that_does_not_say_what_it_takes_is_asked() -> None:
    mark = mark_of(money_moving(record=bool)(settle))
    assert isinstance(mark, MoneyMoving)
    assert mark.record is bool


@pytest.mark.parametrize("helper", [from_header("x-event"), from_payload("/id")])
def test_a_key_helper_is_left_as_it_is(helper: Any) -> None:
    mark = mark_of(money_moving(key=helper)(settle))
    assert isinstance(mark, MoneyMoving)
    assert mark.key is helper


def test_every_method_of_a_marked_class_has_callables_of_its_own() -> None:
    class View:
        def post(self, one: int) -> None: ...
        def create(self, one: int, two: int) -> None: ...

    money_moving(key=lambda one, two=2: (one, two))(View)
    marks = [mark_of(View.post), mark_of(View.create)]
    keys = [mark.key for mark in marks if isinstance(mark, MoneyMoving) and mark.key is not None]
    assert [key(View(), *range(1, number + 2)) for number, key in enumerate(keys)] == [(1, 2), (1, 2)]
    with pytest.raises(ConfigurationError, match="needs two"):
        money_moving(key=lambda one, two: (one, two))(View)


def test_what_no_interpreter_can_read_is_taken_to_fit() -> None:
    def unreadable(_: object) -> bool:
        return True

    unreadable.__signature__ = "none"  # type: ignore[attr-defined]
    assert takes_one(unreadable)

"""The marks alone, with nothing installed or with a recording admission."""

from __future__ import annotations

import asyncio
import functools
import inspect
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import date, timedelta
from typing import Any

import pytest

import idem_runtime
from idem_runtime import (
    ConfigurationError,
    LedgerWriteOutside,
    NotInstalled,
    from_header,
    ledger_write,
    money_moving,
    not_money_moving,
)
from idem_runtime.marks import (
    MARKS,
    MoneyMoving,
    NotMoneyMoving,
    admission_here,
    install_for_process,
    is_mark_of,
    mark_of,
    money_moving_execution,
)


class Recording:
    """An admission that lets every call through and says what it saw."""

    def __init__(self) -> None:
        self.seen: list[tuple[MoneyMoving, tuple[Any, ...], dict[str, Any]]] = []

    def call(
        self, mark: MoneyMoving, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        self.seen.append((mark, args, kwargs))
        with money_moving_execution():
            return function(*args, **kwargs)

    async def acall(
        self, mark: MoneyMoving, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        self.seen.append((mark, args, kwargs))
        with money_moving_execution():
            return await function(*args, **kwargs)


@pytest.fixture
def installed() -> Iterator[Recording]:
    recording = Recording()
    install_for_process(recording)
    yield recording
    install_for_process(None)


@money_moving
def transfer(amount: int, *, to: str = "a") -> str:
    """Move it."""
    return f"{amount}->{to}"


@money_moving(operation="POST /wallet/transfers", wait=2)
async def transfer_async(amount: int) -> int:
    return amount


def test_a_marked_function_with_nothing_installed_is_refused_and_says_what_to_add() -> None:
    with pytest.raises(NotInstalled, match=r"transfer is @money_moving.*idem\.install\(app\)"):
        transfer(1)


def test_a_marked_coroutine_with_nothing_installed_is_refused() -> None:
    with pytest.raises(NotInstalled):
        asyncio.run(transfer_async(1))


def test_what_is_installed_decides_about_the_call(installed: Recording) -> None:
    assert transfer(1, to="b") == "1->b"
    assert asyncio.run(transfer_async(7)) == 7
    assert installed.seen == [
        (MoneyMoving(), (1,), {"to": "b"}),
        (MoneyMoving(operation="POST /wallet/transfers", wait=timedelta(seconds=2)), (7,), {}),
    ]


def test_the_admission_of_this_context_goes_before_that_of_the_process(installed: Recording) -> None:
    here = Recording()
    with admission_here(here):
        transfer(1)
    transfer(2)
    assert [args for _, args, _ in here.seen] == [(1,)]
    assert [args for _, args, _ in installed.seen] == [(2,)]


def test_a_marked_function_still_looks_like_itself() -> None:
    assert transfer.__name__ == "transfer"
    assert transfer.__doc__ == "Move it."
    assert str(inspect.signature(transfer)) == "(amount: 'int', *, to: 'str' = 'a') -> 'str'"
    assert inspect.iscoroutinefunction(transfer_async)
    assert not inspect.iscoroutinefunction(transfer)


class AsyncCallable:
    async def __call__(self, amount: int) -> int:
        return amount


@pytest.mark.parametrize(
    "target", [functools.partial(AsyncCallable()), AsyncCallable(), functools.partial(transfer_async)]
)
def test_a_callable_that_gives_a_coroutine_is_guarded_as_one(
    target: Callable[[int], Any], installed: Recording
) -> None:
    marked = money_moving(target)
    assert inspect.iscoroutinefunction(marked)
    assert asyncio.run(marked(3)) == 3


class View:
    @money_moving
    def post(self) -> None: ...

    def plain(self) -> None: ...


def generator() -> Iterator[int]:
    yield 1


async def async_generator() -> AsyncIterator[int]:
    yield 1


@pytest.mark.parametrize("streamed", [generator, async_generator, functools.partial(generator)])
def test_a_generator_cannot_be_money_moving_because_its_response_streams(
    streamed: Callable[[], object],
) -> None:
    with pytest.raises(ConfigurationError, match="streamed response"):
        money_moving(streamed)


def test_a_class_cannot_carry_a_mark_that_would_do_nothing() -> None:
    class ReadOnly:
        def get(self) -> None: ...

    with pytest.raises(ConfigurationError, match="no method that answers POST"):
        money_moving(ReadOnly)
    with pytest.raises(ConfigurationError, match="mark the functions"):
        ledger_write(View)


async def keep_later(status: int) -> bool:
    return False


async def reconcile_later(attempt: object) -> None: ...


def test_an_async_reconcile_needs_an_async_function() -> None:
    mark = money_moving(effect="external", reconcile=reconcile_later)
    assert mark(transfer_async) is not None
    with pytest.raises(ConfigurationError, match=r"reconcile=.*it is async, and the function is not"):
        mark(generator.__class__.__call__)


def test_every_option_has_a_name() -> None:
    with pytest.raises(ConfigurationError, match=r"'POST /t'.*every option has a name"):
        money_moving("POST /t")  # type: ignore[call-overload]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"effect": "remote"}, "effect='remote'"),
        ({"operation": ""}, "operation=''"),
        ({"wait": -1}, "wait=-1 s"),
        ({"wait": 61}, "seconds, 0 to 60"),
        ({"wait": float("nan")}, "seconds, 0 to 60"),
        ({"wait": float("inf")}, "seconds, 0 to 60"),
        ({"wait": True}, "wait=True"),
        ({"wait": "1"}, "wait='1'"),
        ({"wait": timedelta(seconds=61)}, "wait=61 s.*seconds, 0 to 60"),
        ({"retention": timedelta(hours=23)}, "at least 24 hours"),
        ({"retention": timedelta(days=36_501)}, "at most 36500 days"),
        ({"retention": "1 day"}, "a timedelta"),
        ({"effect": "external", "lease": timedelta(days=1, seconds=1)}, "at most a day"),
        ({"effect": "external", "lease": "30"}, "a timedelta"),
        ({"effect": "external", "lease": timedelta(0)}, "lease="),
        ({"ignore": ("memo",)}, r"ignore=\('memo',\).*starts with /"),
        ({"ignore": "/memo"}, "ignore='/memo'.*a tuple"),
        ({"ignore": ["/memo"]}, "ignore="),
        ({"ignore": ("",)}, "ignore="),
        ({"ignore": ("/a~2",)}, "ignore="),
        ({"ignore": (1,)}, "ignore="),
        ({"key": "order"}, "key='order'.*a function"),
        ({"principal": "alice"}, "principal="),
        ({"fingerprint": ("/a",)}, "fingerprint="),
        ({"principal": from_header("x-tenant")}, "principal=.*only for key="),
        ({"fingerprint": from_header("x-tenant")}, "fingerprint=.*only for key="),
        ({"record": 409}, "record=409"),
        ({"record": lambda: True}, "record=.*one argument, the status"),
        ({"record": keep_later}, "record=.*coroutine"),
        ({"record": lambda status: status > 200}, r"record=.*a success \(\[200\]\) is always recorded"),
        ({"effect": "external", "reconcile": lambda: None}, "reconcile=.*one argument, the attempt"),
        ({"effect": "external", "reconcile": "ask"}, "reconcile='ask'"),
        ({"effect": "external", "horizon": {"rail": "60"}}, "horizon="),
        ({"effect": "external", "horizon": {1: timedelta(1)}}, "horizon="),
        ({"effect": "external", "horizon": timedelta(1)}, "horizon="),
        ({"lease": timedelta(seconds=30)}, "only with effect='external'"),
        ({"reconcile": print}, "reconcile"),
        ({"retry_unknown": True}, "retry_unknown"),
        ({"horizon": {"rail": timedelta(days=1)}}, "horizon"),
    ],
)
def test_an_option_that_cannot_be_used_is_named_at_decoration(options: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigurationError, match=says):
        money_moving(**options)


def test_options_of_an_external_effect_are_kept() -> None:
    marked = money_moving(effect="external", lease=timedelta(seconds=9), horizon={"rail": timedelta(days=1)})(
        generator.__class__.__call__
    )
    mark = mark_of(marked)
    assert isinstance(mark, MoneyMoving)
    assert (mark.effect, mark.lease, dict(mark.horizon)) == (
        "external",
        timedelta(seconds=9),
        {"rail": timedelta(days=1)},
    )


def test_an_opt_out_keeps_its_reason_and_runs_with_nothing_installed() -> None:
    @not_money_moving(reason="reads rates only", until="2027-01-31")
    def quote() -> int:
        return 1

    assert quote() == 1
    assert mark_of(quote) == NotMoneyMoving("reads rates only", date(2027, 1, 31))


def test_an_opt_out_takes_a_date_and_a_bound_method() -> None:
    marked = not_money_moving(reason="reads", until=date(2027, 1, 31))(View().plain)
    assert marked() is None
    assert mark_of(marked) == NotMoneyMoving("reads", date(2027, 1, 31))


@pytest.mark.parametrize("reason", ["", "  ", print, None])
def test_an_opt_out_without_a_reason_is_refused(reason: Any) -> None:
    with pytest.raises(ConfigurationError, match="say why"):
        not_money_moving(reason=reason)


def test_an_opt_out_until_no_date_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="until='soon'"):
        not_money_moving(reason="reads", until="soon")


def test_both_marks_on_one_function_are_refused_in_either_order() -> None:
    with pytest.raises(ConfigurationError, match="both"):
        not_money_moving(reason="x")(transfer)
    with pytest.raises(ConfigurationError, match="both"):
        money_moving(not_money_moving(reason="x")(lambda: None))


def test_the_mark_is_found_below_wrappers_partials_and_bound_methods() -> None:
    @functools.wraps(transfer)
    def outer(*args: Any, **kwargs: Any) -> Any:
        return transfer(*args, **kwargs)

    del outer.__idem_mark__  # type: ignore[attr-defined]
    assert mark_of(outer) == mark_of(functools.partial(transfer)) == mark_of(View().post) == MoneyMoving()
    assert mark_of(View().plain) is None


@ledger_write
def post_entry(amount: int) -> int:
    return amount


@ledger_write
async def post_entry_async(amount: int) -> int:
    return amount


@ledger_write
def post_entries() -> Iterator[int]:
    yield 1
    yield 2


@ledger_write
async def post_entries_async() -> AsyncIterator[int]:
    yield 1
    yield 2


async def collect(items: AsyncIterator[int]) -> list[int]:
    return [item async for item in items]


LEDGER_CALLS: list[tuple[Callable[[], Any], Any]] = [
    (lambda: post_entry(1), 1),
    (lambda: asyncio.run(post_entry_async(1)), 1),  # type: ignore[arg-type]
    (lambda: list(post_entries()), [1, 2]),
    (lambda: asyncio.run(collect(post_entries_async())), [1, 2]),
]


@pytest.mark.parametrize(("call", "result"), LEDGER_CALLS)
def test_a_ledger_write_runs_inside_a_money_moving_execution_only(
    call: Callable[[], Any], result: Any
) -> None:
    with pytest.raises(LedgerWriteOutside, match="no money-moving execution"):
        call()
    with money_moving_execution():
        assert call() == result


def test_a_ledger_write_outside_warns_where_so_installed() -> None:
    install_for_process(Recording(), ledger_outside="warn")
    try:
        with pytest.warns(RuntimeWarning, match="post_entry is @ledger_write"):
            assert post_entry(1) == 1
    finally:
        install_for_process(None)


def test_a_mark_that_is_made_anew_for_every_call_is_still_that_of_its_function() -> None:
    def pay() -> None: ...

    def other() -> None: ...

    def marked(function: Callable[..., Any]) -> Callable[..., Any]:
        return money_moving(operation="pay")(function)

    handler = marked(pay)
    for call, same in ((handler, True), (marked(pay), True), (marked(other), False)):
        mark = mark_of(call)
        assert isinstance(mark, MoneyMoving)
        assert is_mark_of(handler, mark, call) == same
    assert not is_mark_of(handler, MoneyMoving(operation="else"), pay)


def test_every_mark_is_in_the_one_list_and_exported() -> None:
    assert all(callable(getattr(idem_runtime, name)) for name in MARKS)
    assert set(MARKS) <= set(idem_runtime.__all__)


def test_importing_the_package_imports_no_framework_and_no_driver() -> None:
    heavy = "{'psycopg', 'pydantic', 'fastapi', 'starlette', 'flask', 'django', 'sqlalchemy', 'idem_lint'}"
    code = f"import sys, idem_runtime; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_the_package_says_its_version() -> None:
    from importlib.metadata import version

    import idem_runtime

    assert idem_runtime.__version__ == version("idem-guard")


def test_a_public_module_is_imported_when_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    from idem_runtime import errors

    monkeypatch.delattr(idem_runtime, "errors")
    assert idem_runtime.errors is errors

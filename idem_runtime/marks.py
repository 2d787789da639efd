"""The marks: ``@money_moving``, ``@not_money_moving(reason=…)`` and ``@ledger_write`` (docs/decisions.md#marks).

A mark decides nothing. ``@money_moving`` hands the call to the *admission* that is in force: the one that an adapter
put into the current context for this request, else the one installed for the whole process. With neither, the call
is refused: nothing marked ever runs unprotected.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from types import FunctionType
from typing import Any, ParamSpec, TypeVar, cast, overload

from idem_runtime import mark_options
from idem_runtime.admission_in_force import (
    CONTEXT,
    Admission,
    admission_here,
    context_admission,
    install_for_process,
    money_moving_execution,
    process_admission,
)
from idem_runtime.class_marks import mark_class
from idem_runtime.durations import Duration
from idem_runtime.errors import ConfigurationError, NotInstalled
from idem_runtime.ledger_mark import ledger_write
from idem_runtime.mark_callables import innermost, is_async, is_task, name_of
from idem_runtime.mark_values import (
    Connection,
    Effect,
    Function,
    Mark,
    MoneyMoving,
    NotMoneyMoving,
    attach,
    is_mark_of,
    mark_of,
    marked_function,
    note_below,
)

__all__ = [
    "CONTEXT",
    "MARKS",
    "Admission",
    "Connection",
    "Effect",
    "Function",
    "Mark",
    "MoneyMoving",
    "NotMoneyMoving",
    "admission_here",
    "context_admission",
    "install_for_process",
    "is_mark_of",
    "ledger_write",
    "mark_of",
    "marked_function",
    "money_moving",
    "money_moving_execution",
    "not_money_moving",
    "process_admission",
]

P = ParamSpec("P")
R = TypeVar("R")

MARKS = ("money_moving", "not_money_moving", "ledger_write")
"""Every mark there is; the linter's list is held against this one by a test."""


@overload
def money_moving(function: Callable[P, R], /) -> Callable[P, R]: ...
@overload
def money_moving(
    *,
    operation: str | None = None,
    effect: Effect = "local",
    key: Function | None = None,
    principal: Function | None = None,
    wait: Duration | None = None,
    retention: Duration | None = None,
    record: Callable[[int], bool] | None = None,
    ignore: tuple[str, ...] = (),
    fingerprint: Function | None = None,
    previous_operations: tuple[str, ...] = (),
    previous_principals: tuple[Function, ...] = (),
    lease: Duration | None = None,
    reconcile: Function | None = None,
    retry_unknown: bool = False,
    horizon: Mapping[str, Duration] | None = None,
    connection: Connection | None = None,
) -> Callable[[Callable[P, R]], Callable[P, R]]: ...
def money_moving(function: Function | None = None, /, **options: Any) -> Any:
    """Execute once per (principal, operation, key): the handler that carries this mark moves money.

    ``operation``: stable name of what is done; default: the route (``POST /wallet/transfers``) or the function's name.
    ``effect``: ``local`` where all writes are in the connection we lend, ``external`` where a provider is called.
    ``key``: called with those of the function's arguments that it names, or a key helper for a request; default:
    ``Idempotency-Key``. ``principal``: called as ``key`` is, gives who asks; default: the principal resolver of
    ``Idempotency``. ``fingerprint``: called as ``key`` is, gives the JSON value that identifies the payload, beside the
    path. All three may be async.
    ``wait``: how long a duplicate waits for the original, 60 s at most. ``retention``: of the completed record, 24 h at
    least. Every duration is a ``timedelta`` or a number of seconds.
    ``record``: whether the answer with this status is kept; default: all below 500 but 408, 425 and 429.
    ``ignore``: what the fingerprint leaves out (volatile fields): JSON pointers; ``/name`` is also the field ``name`` of
    a form, of a multipart form and of the query.
    ``previous_operations``: earlier names of this operation, ``previous_principals``: what ``principal=`` was before (one
    that finds nobody is passed over): both are looked up, too, for one retention after a change.
    ``lease``, ``reconcile``, ``retry_unknown``, ``horizon``: of external effects; see ``docs/runtime.md``.
    ``connection``: ``"inside"`` vouches that a local handler, which does not show where it gets our connection (the rule is
    :mod:`idem_runtime.startup.connection_check`'s), takes it in what it calls.

    :raises ConfigurationError: at decoration, for options that cannot be used.
    :raises NotInstalled: at the call, where nothing is installed.
    """
    if function is not None and not callable(function):
        raise ConfigurationError(f"@money_moving({function!r}): every option has a name, such as operation=…")
    if options.get("horizon") is None:
        options.pop("horizon", None)
    options = mark_options.with_durations(mark_options.with_new_names(options))
    mark = MoneyMoving(**mark_options.with_operation_names(options))
    _check_options(mark)
    return _money_moving(mark) if function is None else _money_moving(mark)(function)


def _check_options(mark: MoneyMoving) -> None:
    problem = next((text for wrong, text in mark_options.problems(mark) if wrong), None)
    if problem is not None:
        raise ConfigurationError(f"@money_moving({problem}")


def _money_moving(mark: MoneyMoving) -> Callable[[Function], Function]:
    def decorate(function: Function) -> Function:
        if isinstance(function, type):
            return mark_class(function, decorate, "money_moving")
        _check_target(function, "money_moving")
        if isinstance(mark_of(function), NotMoneyMoving):
            raise ConfigurationError(
                f"{name_of(function)} is marked both @money_moving and @not_money_moving"
            )
        own = replace(mark, **mark_options.fitted_to(mark, function))
        wrapper = _guard_async(own, function) if is_async(function) else _guard(own, function)
        attach(own, wrapper)
        note_below(function)
        return wrapper

    return decorate


def _check_target(function: Function, name: str) -> None:
    if is_task(function):
        raise ConfigurationError(
            f"@{name} above the decorator that registers a task: workers would call the function below it, unprotected; "
            f"put @{name} directly above the def"
        )
    inner = innermost(function)
    if inspect.isgeneratorfunction(inner) or inspect.isasyncgenfunction(inner):
        raise ConfigurationError(
            f"@{name} on generator {name_of(function)}: a streamed response cannot be stored"
        )


def _guard(mark: MoneyMoving, function: Function) -> Function:
    admission = _admission

    def guarded(*args: Any, **kwargs: Any) -> Any:
        return admission(mark, function, args).call(mark, function, args, kwargs)

    return functools.wraps(function)(_at_home_with(function, guarded))


def _guard_async(mark: MoneyMoving, function: Function) -> Function:
    admission = _admission

    async def guarded(*args: Any, **kwargs: Any) -> Any:
        return await admission(mark, function, args).acall(mark, function, args, kwargs)

    return functools.wraps(function)(_at_home_with(function, guarded))


def _at_home_with(function: Function, guarded: Any) -> Function:
    """``guarded`` with the globals of ``function``: Ninja looks there for what its annotations name, as texts."""
    known = getattr(innermost(function), "__globals__", None)
    if known is None:
        return guarded  # type: ignore[no-any-return]  # - a function
    return FunctionType(guarded.__code__, known, guarded.__name__, guarded.__defaults__, guarded.__closure__)


def _admission(mark: MoneyMoving, function: Function, args: tuple[Any, ...]) -> Admission:
    admission = context_admission() or _admission_of_process(mark, args)
    if admission is None:
        error = NotInstalled(
            f"{name_of(function)} is @money_moving, but nothing is installed here: call idem.install(app) (gRPC: "
            "idem.install(server), before services are added to it; Flask: idem.init_app(app)) or idem.install() (plain "
            "functions) at start-up; in Django put IdempotencyMiddleware last in MIDDLEWARE."
        )
        for package, context in _rpc_contexts(args):
            importlib.import_module(f"idem_runtime.adapters.{package}.uninstalled").tell(context, error)
        raise error
    return admission


def _admission_of_process(mark: MoneyMoving, args: tuple[Any, ...]) -> Admission | None:
    """What protects plain functions; methods that an RPC server calls are none, and it was not installed."""
    fits = mark.fits_plain_functions or not any(_rpc_contexts(args))
    return process_admission() if fits else None


RPC_CONTEXTS = {"grpc": "set_trailing_metadata", "grpclib": "send_trailing_metadata"}
"""What the contexts of RPC frameworks have, by their package."""


def _rpc_contexts(args: tuple[Any, ...]) -> Iterator[tuple[str, Any]]:
    """Where a server is told the status: it answers UNKNOWN to an exception that is none of its framework's."""
    for package, attribute in RPC_CONTEXTS.items():
        for context in args:
            if package in sys.modules and hasattr(context, attribute):
                yield package, context


def not_money_moving(
    *, reason: str, until: str | date | None = None
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """This POST moves no money: it runs as if it had no mark, and the linter holds it to the ``reason``.

    ``until``: ISO date after which the linter reports the opt-out (the runtime never stops a handler for it).

    :raises ConfigurationError: at decoration, where ``reason`` says nothing or ``until`` is no date.
    """
    if not isinstance(reason, str) or not reason.strip():  # pyright: ignore[reportUnnecessaryIsInstance] - callers may not be typed
        raise ConfigurationError("@not_money_moving(reason=…): say why this POST moves no money")
    mark = NotMoneyMoving(reason, _as_date(until))

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        if isinstance(function, type):
            return cast("Callable[P, R]", mark_class(function, decorate, "not_money_moving"))
        if isinstance(mark_of(function), MoneyMoving):
            raise ConfigurationError(
                f"{name_of(function)} is marked both @money_moving and @not_money_moving"
            )
        if inspect.ismethod(function):  # a bound method takes no attribute of its own
            function = functools.partial(function)
        attach(mark, function)
        return function

    return decorate


def _as_date(until: str | date | None) -> date | None:
    try:
        return date.fromisoformat(until) if isinstance(until, str) else until
    except ValueError as error:
        raise ConfigurationError(
            f"@not_money_moving(until={until!r}): an ISO date, such as 2027-01-31"
        ) from error

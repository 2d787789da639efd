"""The marks: ``@money_moving``, ``@not_money_moving(reason=…)`` and ``@ledger_write`` (``docs/decisions.md``).

A mark decides nothing. ``@money_moving`` hands the call to whatever *admission* is in force: the one that an adapter
put into the current context for this request, else the one installed for the whole process. With neither, the call
is refused: nothing marked ever runs unprotected.
"""

from __future__ import annotations

import functools
import inspect
import warnings
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Iterator, Mapping
from contextlib import aclosing, contextmanager
from contextvars import ContextVar, Token
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any, Literal, ParamSpec, Protocol, TypeAlias, TypeVar, cast, overload

from idem_runtime import mark_options
from idem_runtime.class_marks import mark_class
from idem_runtime.durations import Duration
from idem_runtime.errors import ConfigurationError, LedgerWriteOutside, NotInstalled
from idem_runtime.key import RequestKey
from idem_runtime.mark_callables import innermost, is_async, name_of

P = ParamSpec("P")
R = TypeVar("R")
Effect: TypeAlias = Literal["local", "external"]
Connection: TypeAlias = Literal["inside"]
Function: TypeAlias = Callable[..., Any]

MARKS = ("money_moving", "not_money_moving", "ledger_write")
"""Every mark there is; the linter's list is held against this one by a test."""

_ATTRIBUTE = "__idem_mark__"


@dataclass(frozen=True, slots=True)
class MoneyMoving:
    """What ``@money_moving(…)`` said; the parameters are explained there."""

    operation: str | None = None
    effect: Effect = "local"
    key: Function | None = None
    principal: Function | None = None
    wait: timedelta | None = None
    retention: timedelta | None = None
    record: Callable[[int], bool] | None = None
    ignore: tuple[str, ...] = ()
    fingerprint: Function | None = None
    previous_operations: tuple[str, ...] = ()
    previous_principals: tuple[Function, ...] = ()
    lease: timedelta | None = None
    reconcile: Function | None = None
    retry_unknown: bool = False
    horizon: Mapping[str, timedelta] = field(default_factory=dict[str, timedelta])
    connection: Connection | None = None

    def kept(self, otherwise: timedelta) -> timedelta:
        """How long a record is kept: as the mark says, else as its key does, else ``otherwise``."""
        if self.retention is not None:
            return self.retention
        return self.key.kept(otherwise) if isinstance(self.key, RequestKey) else otherwise


@dataclass(frozen=True, slots=True)
class NotMoneyMoving:
    """What ``@not_money_moving(…)`` said."""

    reason: str
    until: date | None = None


Mark: TypeAlias = MoneyMoving | NotMoneyMoving


class Admission(Protocol):
    """Decides whether a marked call runs, waits, replays or is refused."""

    def call(
        self, mark: MoneyMoving, function: Function, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        """Admit a call of a sync function and return what the caller gets."""

    async def acall(
        self, mark: MoneyMoving, function: Function, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        """Admit a call of an async function and return what the caller gets."""


_here: ContextVar[Admission | None] = ContextVar("idem_admission", default=None)
_inside: ContextVar[bool] = ContextVar("idem_inside", default=False)
CONTEXT: tuple[ContextVar[Any], ...] = (_here, _inside)
"""What of a context is ours here."""


@dataclass(slots=True)
class _Process:
    """What is installed for the whole process: set once at start-up, never per call."""

    admission: Admission | None = None
    ledger_outside: Literal["raise", "warn"] = "raise"


_process = _Process()


def install_for_process(
    admission: Admission | None, *, ledger_outside: Literal["raise", "warn"] = "raise"
) -> None:
    """Make ``admission`` the one in force wherever no adapter's is; ``None`` uninstalls."""
    _process.admission = admission
    _process.ledger_outside = ledger_outside


def context_admission() -> Admission | None:
    """What an adapter has put in force in the current context."""
    return _here.get()


def process_admission() -> Admission | None:
    """What is installed for plain functions."""
    return _process.admission


def put_in_force(admission: Admission | None) -> Token[Admission | None]:
    """Put ``admission`` in force in the current context (one request, one call), until :func:`take_out_of_force`."""
    return _here.set(admission)


def take_out_of_force(token: Token[Admission | None]) -> None:
    """As it was before."""
    _here.reset(token)


@contextmanager
def admission_here(admission: Admission | None) -> Generator[None, None, None]:
    """Put ``admission`` in force for a block."""
    token = put_in_force(admission)
    try:
        yield
    finally:
        take_out_of_force(token)


@contextmanager
def money_moving_execution() -> Generator[None, None, None]:
    """The current context executes an admitted handler: ledger writes are allowed in it."""
    token = _inside.set(True)
    try:
        yield
    finally:
        _inside.reset(token)


def mark_of(function: object) -> Mark | None:
    """The mark that ``function``, or what it wraps or binds, carries."""
    for layer in _layers(function):
        mark = getattr(layer, _ATTRIBUTE, None)
        if mark is not None:
            return cast("Mark", mark)
    return None


def marked_function(function: object) -> Any:
    """The one object that a mark made, below the decorators, partials and methods of ``function`` that carry it on."""
    carriers = [layer for layer in _layers(function) if getattr(layer, _ATTRIBUTE, None) is not None]
    return getattr(carriers[-1], "__func__", carriers[-1]) if carriers else function


def is_mark_of(handler: object, mark: MoneyMoving, function: object) -> bool:
    """Whether ``mark``, with which ``function`` is called, is the one that ``handler`` carries.

    A framework that decorates anew for every call makes equal marks of the same function, not the same one.
    """
    own = mark_of(handler)
    return own is mark or (own == mark and _bare(handler) is _bare(function))


def _bare(function: object) -> object:
    """What is below all decorators, partials and methods."""
    *_, innermost_layer = _layers(function)
    return getattr(innermost_layer, "__func__", innermost_layer)


def _layers(function: object) -> Iterator[object]:
    while function is not None:
        yield function
        inner = getattr(function, "__wrapped__", None)
        function = getattr(function, "func", None) if inner is None else inner


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
    mark = MoneyMoving(**mark_options.named(options))
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
        setattr(wrapper, _ATTRIBUTE, own)
        return wrapper

    return decorate


def _check_target(function: Function, name: str) -> None:
    inner = innermost(function)
    if inspect.isgeneratorfunction(inner) or inspect.isasyncgenfunction(inner):
        raise ConfigurationError(
            f"@{name} on generator {name_of(function)}: a streamed response cannot be stored"
        )


def _guard(mark: MoneyMoving, function: Function) -> Function:
    @functools.wraps(function)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        return _admission(function).call(mark, function, args, kwargs)

    return guarded


def _guard_async(mark: MoneyMoving, function: Function) -> Function:
    @functools.wraps(function)
    async def guarded(*args: Any, **kwargs: Any) -> Any:
        return await _admission(function).acall(mark, function, args, kwargs)

    return guarded


def _admission(function: Function) -> Admission:
    admission = _here.get() or _process.admission
    if admission is None:
        raise NotInstalled(
            f"{name_of(function)} is @money_moving, but nothing is installed here: call idem.install(app) "
            "(FastAPI, Starlette), idem.init_app(app) (Flask) or idem.install() (plain functions) at start-up."
        )
    return admission


def not_money_moving(
    *, reason: str, until: str | date | None = None
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """This POST moves no money: it runs as it is, and the linter holds it to the ``reason``.

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
        setattr(function, _ATTRIBUTE, mark)
        return function

    return decorate


def _as_date(until: str | date | None) -> date | None:
    try:
        return date.fromisoformat(until) if isinstance(until, str) else until
    except ValueError as error:
        raise ConfigurationError(
            f"@not_money_moving(until={until!r}): an ISO date, such as 2027-01-31"
        ) from error


def ledger_write(function: Callable[P, R], /) -> Callable[P, R]:
    """This function writes the ledger: called outside a money-moving execution it raises.

    :raises LedgerWriteOutside: at the call (or warns, where ``Idempotency(ledger_outside="warn")`` is installed).
    """
    _check_function(function)
    inner = innermost(function)
    if inspect.isgeneratorfunction(inner):
        wrapper: Function = _ledger_generator(function)
    elif inspect.isasyncgenfunction(inner):
        wrapper = _ledger_async_generator(function)
    elif is_async(function):
        wrapper = _ledger_async(cast("Callable[..., Awaitable[Any]]", function))
    else:
        wrapper = _ledger(function)
    return cast("Callable[P, R]", wrapper)


def _check_function(function: Function) -> None:
    if isinstance(function, type):
        raise ConfigurationError(f"@ledger_write on class {function.__name__}: mark the functions that write")


def _ledger(function: Function) -> Function:
    @functools.wraps(function)
    def checked(*args: Any, **kwargs: Any) -> Any:
        _check_inside(function)
        return function(*args, **kwargs)

    return checked


def _ledger_async(function: Callable[..., Awaitable[Any]]) -> Function:
    @functools.wraps(function)
    async def checked(*args: Any, **kwargs: Any) -> Any:
        _check_inside(function)
        return await function(*args, **kwargs)

    return checked


def _ledger_generator(function: Function) -> Function:
    @functools.wraps(function)
    def checked(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        _check_inside(function)
        entries: Generator[Any, Any, Any] = function(*args, **kwargs)
        return (yield from entries)

    return checked


def _ledger_async_generator(function: Function) -> Function:
    @functools.wraps(function)
    async def checked(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
        _check_inside(function)
        async with aclosing(function(*args, **kwargs)) as items:
            async for item in items:
                yield item

    return checked


def _check_inside(function: Function) -> None:
    if _inside.get():
        return
    message = (
        f"{name_of(function)} is @ledger_write, but no money-moving execution is running: "
        "mark the handler, job or command that leads here @money_moving."
    )
    if _process.ledger_outside == "raise":
        raise LedgerWriteOutside(message)
    warnings.warn(message, RuntimeWarning, stacklevel=3)

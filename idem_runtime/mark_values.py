"""The values of the marks, and how they are read from a function."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Literal, TypeAlias, cast

from idem_runtime.key import RequestKey

Effect: TypeAlias = Literal["local", "external"]
Connection: TypeAlias = Literal["inside"]
Function: TypeAlias = Callable[..., Any]

_ATTRIBUTE = "__idem_mark__"
_BELOW = "__idem_below_a_mark__"


@dataclass(frozen=True, slots=True)
class MoneyMoving:
    """The options of ``@money_moving(…)``, which explains them."""

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

    @property
    def fits_plain_functions(self) -> bool:
        """Whether it says enough for a call that is no request."""
        return self.operation is not None and self.key is not None and not isinstance(self.key, RequestKey)

    def kept(self, otherwise: timedelta) -> timedelta:
        """How long a record is kept: the mark's own retention, else its key helper's, else ``otherwise``."""
        if self.retention is not None:
            return self.retention
        return self.key.kept(otherwise) if isinstance(self.key, RequestKey) else otherwise

    def recorded(self, status: int, *, otherwise: bool) -> bool:
        """Whether an answer is recorded: as the mark's own ``record=`` says, else its key helper's, else ``otherwise``.

        Of a local effect a refusal undoes everything. That nothing happened at a provider, no key helper can say.
        """
        record = self.record
        if record is None and self.effect == "local" and isinstance(self.key, RequestKey):
            record = self.key.record
        return otherwise if record is None else record(status)


@dataclass(frozen=True, slots=True)
class NotMoneyMoving:
    """The options of ``@not_money_moving(…)``, which explains them."""

    reason: str
    until: date | None = None


Mark: TypeAlias = MoneyMoving | NotMoneyMoving


def attach(mark: Mark, function: Any) -> None:
    """Let ``function`` carry ``mark``."""
    setattr(function, _ATTRIBUTE, mark)


def note_below(function: Any) -> None:
    """A mark was made around ``function``: whoever calls it by itself goes round the mark."""
    with suppress(AttributeError, TypeError):  # a bound method takes no attribute
        setattr(function, _BELOW, True)


def goes_round_its_mark(function: object) -> bool:
    """Whether ``function`` carries no mark, and is what a mark was made around."""
    return mark_of(function) is None and getattr(function, _BELOW, False)


def mark_of(function: object) -> Mark | None:
    """The mark that ``function``, or what it wraps or binds, carries."""
    for layer in _layers(function):
        mark = getattr(layer, _ATTRIBUTE, None)
        if mark is not None:
            return cast("Mark", mark)
    return None


def marked_function(function: object) -> Any:
    """The object that the mark made: below the decorators, partials and methods of ``function`` that carry the mark on."""
    carriers = [layer for layer in _layers(function) if getattr(layer, _ATTRIBUTE, None) is not None]
    return getattr(carriers[-1], "__func__", carriers[-1]) if carriers else function


def is_mark_of(handler: object, mark: MoneyMoving, function: object) -> bool:
    """Whether ``mark``, with which ``function`` is called, is the one that ``handler`` carries.

    A framework that decorates anew for every call makes equal marks of the same function, not the same one.
    """
    own = mark_of(handler)
    return own is mark or (own == mark and _undecorated(handler) is _undecorated(function))


def _undecorated(function: object) -> object:
    """What is below all decorators, partials and methods."""
    *_, innermost_layer = _layers(function)
    return getattr(innermost_layer, "__func__", innermost_layer)


def _layers(function: object) -> Iterator[object]:
    """``function``, what it wraps, what that wraps, and so on; through decorators and partials."""
    while function is not None:
        yield function
        inner = getattr(function, "__wrapped__", None)
        function = getattr(function, "func", None) if inner is None else inner

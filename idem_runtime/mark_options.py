"""What the options of ``@money_moving`` may be: the limits that the settings of the same names have, too, and the names."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any, Protocol

from idem_runtime import scopes
from idem_runtime.errors import ConfigurationError
from idem_runtime.mark_callables import fitted, is_async, name_of, takes_one
from idem_runtime.scope_part import NoName, text_of

LONGEST_WAIT = 60.0
"""Seconds."""
MINIMUM_RETENTION = timedelta(hours=24)
"""ADR-007: records are retained for at least 24 hours."""
LONGEST_RETENTION = timedelta(days=36_500)
LONGEST_LEASE = timedelta(days=1)
SUCCESSES = range(200, 300)
POINTER = re.compile(r"(?:/(?:[^~/]|~[01])*)+")
"""A JSON pointer (RFC 6901) to something in the document."""


class Options(Protocol):
    """What is checked of a mark."""

    @property
    def effect(self) -> str: ...
    @property
    def connection(self) -> str | None: ...
    @property
    def wait(self) -> float | None: ...
    @property
    def retention(self) -> timedelta | None: ...
    @property
    def lease(self) -> timedelta | None: ...
    @property
    def record(self) -> Any: ...
    @property
    def reconcile(self) -> Any: ...
    @property
    def ignore(self) -> Any: ...
    @property
    def horizon(self) -> Any: ...
    @property
    def previous_scopes(self) -> tuple[Any, ...]: ...


def named(options: Mapping[str, Any]) -> dict[str, Any]:
    """``options`` with every operation's name as plain text.

    :raises ConfigurationError: a name of a type that names nothing, or without a character.
    """
    told = dict(options)
    if told.get("operation") is not None:
        told["operation"] = _operation(told["operation"], "operation")
    earlier: Any = told.get("previous_scopes")
    scopes_before: list[Any] = [*earlier] if isinstance(earlier, tuple) else []
    if scopes_before:
        told["previous_scopes"] = tuple(
            scope if callable(scope) else _operation(scope, "previous_scopes") for scope in scopes_before
        )
    return told


def _operation(name: object, option: str) -> str:
    try:
        text = text_of(name)
    except NoName as error:
        raise ConfigurationError(f"@money_moving({option}=…): an operation's name {error}") from None
    if not text.strip() or "\0" in text:
        raise ConfigurationError(f"@money_moving({option}={name!r}): give a stable name, or leave it out")
    return text


def problems(mark: Options) -> Iterator[tuple[bool, str]]:
    """What can be wrong with the options by themselves, and what is allowed."""
    yield mark.effect not in ("local", "external"), f"effect={mark.effect!r}): say 'local' or 'external'"
    yield (
        mark.connection not in (None, "inside"),
        f"connection={mark.connection!r}): say 'inside', or leave it out",
    )
    yield (
        mark.connection is not None and mark.effect == "external",
        "connection='inside'): only with effect='local'; an external handler needs no connection of ours",
    )
    yield from scopes.problems(mark.previous_scopes, texts=True)
    for option, problem in _limits(mark):
        yield problem is not None, f"{option}={getattr(mark, option)!r}): {problem}"
    yield from _callables(mark)
    yield (
        not _pointers(mark.ignore),
        f"ignore={mark.ignore!r}): a tuple of JSON pointers (RFC 6901), each of which starts with /",
    )
    yield (
        not _windows(mark.horizon),
        f"horizon={mark.horizon!r}): provider to a timedelta, such as {{'rail': timedelta(hours=24)}}",
    )
    for name in ("lease", "reconcile", "retry_unknown", "horizon"):
        only_external = bool(getattr(mark, name)) and mark.effect == "local"
        yield only_external, f"{name}=…): only with effect='external'; a local effect is never unknown"


def _callables(mark: Options) -> Iterator[tuple[bool, str]]:
    for name in ("key", "scope", "fingerprint", "record", "reconcile"):
        call = getattr(mark, name)
        yield call is not None and not callable(call), f"{name}={call!r}): a function"
    for name in ("scope", "fingerprint"):
        yield (
            _of_a_request(getattr(mark, name)),
            f"{name}=…): a function of the arguments; a key helper is only for key=",
        )
    yield mark.record is not None and is_async(mark.record), "record=…): no coroutine, which is always true"
    for name, argument in (("record", "the status"), ("reconcile", "the attempt")):
        call = getattr(mark, name)
        yield call is not None and not takes_one(call), f"{name}=…): a function of one argument, {argument}"
    lost = [] if mark.record is None else [status for status in SUCCESSES if not mark.record(status)]
    yield (
        bool(lost),
        f"record=…): a success ({lost[:1]}) is always recorded, or its retry would execute again",
    )


def _pointers(ignore: Any) -> bool:
    listed: list[Any] | None = [*ignore] if isinstance(ignore, tuple) else None
    return listed is not None and all(
        isinstance(pointer, str) and POINTER.fullmatch(pointer) for pointer in listed
    )


def _windows(horizon: Any) -> bool:
    return hasattr(horizon, "items") and all(
        isinstance(provider, str) and isinstance(window, timedelta) for provider, window in horizon.items()
    )


def _of_a_request(call: Any) -> bool:
    """Whether ``call`` is a key helper, such as ``from_header(…)``: it looks at the request itself."""
    return hasattr(call, "header")


def fitted_to(mark: Options, function: Callable[..., Any]) -> dict[str, Any]:
    """The callables of ``mark`` as they take the arguments of ``function``, by option.

    :raises ConfigurationError: one needs what ``function`` does not have, or cannot be waited for.
    """
    if mark.reconcile is not None and is_async(mark.reconcile) and not is_async(function):
        raise ConfigurationError(
            f"@money_moving(reconcile=…) on {name_of(function)}: it is async, and the function is not"
        )
    told: dict[str, Any] = {}
    for option in ("key", "scope", "fingerprint"):
        call = getattr(mark, option)
        told[option] = call if call is None or _of_a_request(call) else fitted(option, call, function)
    told["previous_scopes"] = tuple(
        scope if isinstance(scope, str) else fitted("previous_scopes", scope, function)
        for scope in mark.previous_scopes
    )
    return told


def _limits(mark: Options) -> Iterator[tuple[str, str | None]]:
    yield "wait", _wait_problem(mark.wait)
    yield "retention", retention_problem(mark.retention)
    yield "lease", _lease_problem(mark.lease)


def _wait_problem(wait: object) -> str | None:
    usable = wait is None or (
        isinstance(wait, int | float)
        and not isinstance(wait, bool)
        and 0 <= wait <= LONGEST_WAIT  # false of NaN
    )
    return None if usable else f"seconds, 0 to {LONGEST_WAIT:g}"


def retention_problem(retention: object) -> str | None:
    """What is wrong with a retention; ``None``: nothing, or it is not given."""
    if retention is None:
        return None
    if not isinstance(retention, timedelta):
        return "a timedelta, such as timedelta(days=30)"
    if retention < MINIMUM_RETENTION:
        return "at least 24 hours (ADR-007)"
    return f"at most {LONGEST_RETENTION.days} days" if retention > LONGEST_RETENTION else None


def _lease_problem(lease: object) -> str | None:
    usable = lease is None or (isinstance(lease, timedelta) and timedelta(0) < lease <= LONGEST_LEASE)
    return None if usable else "a timedelta, more than zero and at most a day"

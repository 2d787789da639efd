"""The options of ``@money_moving``: their earlier names, their types, and what each of them may be."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any, Protocol

from idem_runtime import durations
from idem_runtime.durations import as_timedelta, lease_problem, retention_problem, wait_problem
from idem_runtime.errors import ConfigurationError
from idem_runtime.mark_callables import fitted, is_async, name_of, takes_one
from idem_runtime.protocol import earlier_scopes
from idem_runtime.protocol.scope_text import NoName, text_of

SUCCESSES = range(200, 300)
POINTER = re.compile(r"(?:/(?:[^~/]|~[01])*)+")
"""A JSON pointer (RFC 6901) to something in the document."""


class Options(Protocol):
    """The options of a mark that are checked here."""

    @property
    def effect(self) -> str: ...
    @property
    def connection(self) -> str | None: ...
    @property
    def wait(self) -> timedelta | None: ...
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
    def previous_operations(self) -> tuple[Any, ...]: ...
    @property
    def previous_principals(self) -> tuple[Any, ...]: ...


def with_operation_names(options: Mapping[str, Any]) -> dict[str, Any]:
    """``options`` with every operation's name as plain text.

    :raises ConfigurationError: a name of a type that names nothing, or without a character.
    """
    checked = dict(options)
    if checked.get("operation") is not None:
        checked["operation"] = _operation_name(checked["operation"], "operation")
    previous: Any = checked.get("previous_operations")
    names: list[Any] = [*previous] if isinstance(previous, tuple) else []
    if names:
        checked["previous_operations"] = tuple(_operation_name(name, "previous_operations") for name in names)
    return checked


def with_durations(options: Mapping[str, Any]) -> dict[str, Any]:
    """``options`` with every number of seconds as a ``timedelta``."""
    converted = dict(options)
    for name in ("wait", "retention", "lease"):
        if name in converted:
            converted[name] = as_timedelta(converted[name])
    horizon = converted.get("horizon")
    if isinstance(horizon, Mapping):
        windows: Mapping[Any, Any] = {**horizon}
        converted["horizon"] = {provider: as_timedelta(window) for provider, window in windows.items()}
    return converted


def with_new_names(options: Mapping[str, Any]) -> dict[str, Any]:
    """``options`` with the names that they have today; an earlier name is taken with a warning.

    :raises ConfigurationError: both names of one option are given.
    """
    renamed = dict(options)
    if "previous_scopes" in renamed:
        value: Any = renamed.pop("previous_scopes")
        scopes: list[Any] = [*value] if isinstance(value, tuple) else [value]
        _warn_of("previous_scopes", "previous_operations= and previous_principals=")
        _set_once(renamed, "previous_operations", tuple(name for name in scopes if not callable(name)))
        _set_once(
            renamed, "previous_principals", tuple(resolver for resolver in scopes if callable(resolver))
        )
    if "scope" in renamed:
        _warn_of("scope", "principal=")
        _set_once(renamed, "principal", renamed.pop("scope"))
    return renamed


def _set_once(options: dict[str, Any], name: str, value: Any) -> None:
    if options.get(name):
        raise ConfigurationError(
            f"@money_moving({name}=…): it is given by its earlier name, too: leave that out"
        )
    options[name] = value


def _warn_of(old: str, new: str) -> None:
    warnings.warn(f"@money_moving({old}=…) is {new} now", DeprecationWarning, stacklevel=4)


def _operation_name(name: object, option: str) -> str:
    try:
        text = text_of(name)
    except NoName as error:
        raise ConfigurationError(f"@money_moving({option}=…): an operation's name {error}") from None
    if not text.strip() or "\0" in text:
        raise ConfigurationError(f"@money_moving({option}={name!r}): give a stable name, or leave it out")
    return text


def problems(mark: Options) -> Iterator[tuple[bool, str]]:
    """Whether each option is wrong by itself, and the end of the message that says what is allowed."""
    yield mark.effect not in ("local", "external"), f"effect={mark.effect!r}): say 'local' or 'external'"
    yield (
        mark.connection not in (None, "inside"),
        f"connection={mark.connection!r}): say 'inside', or leave it out",
    )
    yield (
        mark.connection is not None and mark.effect == "external",
        "connection='inside'): only with effect='local'; an external handler needs no connection of ours",
    )
    yield from earlier_scopes.problems("previous_operations", mark.previous_operations)
    yield from earlier_scopes.problems("previous_principals", mark.previous_principals)
    for option, problem in _duration_problems(mark):
        yield problem is not None, f"{option}={durations.shown(getattr(mark, option))}): {problem}"
    yield from _callable_problems(mark)
    yield (
        not _are_pointers(mark.ignore),
        f"ignore={mark.ignore!r}): a tuple of JSON pointers (RFC 6901), each of which starts with /",
    )
    yield (
        not _are_windows(mark.horizon),
        f"horizon={mark.horizon!r}): provider to a timedelta or seconds, such as {{'rail': timedelta(hours=24)}}",
    )
    for name in ("lease", "reconcile", "retry_unknown", "horizon"):
        only_external = bool(getattr(mark, name)) and mark.effect == "local"
        yield only_external, f"{name}=…): only with effect='external'; a local effect is never unknown"


def _callable_problems(mark: Options) -> Iterator[tuple[bool, str]]:
    for name in ("key", "principal", "fingerprint", "record", "reconcile"):
        call = getattr(mark, name)
        yield call is not None and not callable(call), f"{name}={call!r}): a function"
    for name in ("principal", "fingerprint"):
        yield (
            _is_key_helper(getattr(mark, name)),
            f"{name}=…): a function of the arguments; a key helper is only for key=",
        )
    yield mark.record is not None and is_async(mark.record), "record=…): no coroutine, which is always true"
    for name, argument in (("record", "the status"), ("reconcile", "the attempt")):
        call = getattr(mark, name)
        yield call is not None and not takes_one(call), f"{name}=…): a function of one argument, {argument}"
    left_out = [] if mark.record is None else [status for status in SUCCESSES if not mark.record(status)]
    yield (
        bool(left_out),
        f"record=…): a success ({left_out[:1]}) is always recorded, or its retry would execute again",
    )


def _are_pointers(ignore: Any) -> bool:
    pointers: list[Any] | None = [*ignore] if isinstance(ignore, tuple) else None
    return pointers is not None and all(
        isinstance(pointer, str) and POINTER.fullmatch(pointer) for pointer in pointers
    )


def _are_windows(horizon: Any) -> bool:
    return hasattr(horizon, "items") and all(
        isinstance(provider, str) and isinstance(window, timedelta) for provider, window in horizon.items()
    )


def _is_key_helper(call: Any) -> bool:
    """Whether ``call`` is a key helper, such as ``from_header(…)``, which is called with the request."""
    return hasattr(call, "header")


def fitted_to(mark: Options, function: Callable[..., Any]) -> dict[str, Any]:
    """The callables of ``mark`` as they take the arguments of ``function``, by option.

    :raises ConfigurationError: one needs what ``function`` does not have, or cannot be waited for.
    """
    if mark.reconcile is not None and is_async(mark.reconcile) and not is_async(function):
        raise ConfigurationError(
            f"@money_moving(reconcile=…) on {name_of(function)}: it is async, and the function is not"
        )
    calls: dict[str, Any] = {}
    for option in ("key", "principal", "fingerprint"):
        call = getattr(mark, option)
        calls[option] = call if call is None or _is_key_helper(call) else fitted(option, call, function)
    calls["previous_principals"] = tuple(
        fitted("previous_principals", resolver, function) for resolver in mark.previous_principals
    )
    return calls


def _duration_problems(mark: Options) -> Iterator[tuple[str, str | None]]:
    yield "wait", wait_problem(mark.wait)
    yield "retention", retention_problem(mark.retention)
    yield "lease", lease_problem(mark.lease)

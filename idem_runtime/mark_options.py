"""What the options of ``@money_moving`` may be: the limits that the settings of the same names have, too, and the names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, Protocol

from idem_runtime import scopes
from idem_runtime.errors import ConfigurationError
from idem_runtime.scope_part import NoName, text_of

LONGEST_WAIT = 60.0
"""Seconds."""
MINIMUM_RETENTION = timedelta(hours=24)
"""ADR-007: records are retained for at least 24 hours."""
LONGEST_RETENTION = timedelta(days=36_500)
LONGEST_LEASE = timedelta(days=1)


class Options(Protocol):
    """What is checked of a mark."""

    @property
    def operation(self) -> str | None: ...
    @property
    def effect(self) -> str: ...
    @property
    def wait(self) -> float | None: ...
    @property
    def retention(self) -> timedelta | None: ...
    @property
    def lease(self) -> timedelta | None: ...
    @property
    def ignore(self) -> tuple[str, ...]: ...
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
    yield from scopes.problems(mark.previous_scopes, texts=True)
    yield mark.wait is not None and mark.wait < 0, f"wait={mark.wait!r}): seconds, 0 or more"
    too_short = mark.retention is not None and mark.retention < MINIMUM_RETENTION
    yield too_short, f"retention={mark.retention!r}): at least 24 hours (ADR-007)"
    no_lease = mark.lease is not None and mark.lease <= timedelta(0)
    yield no_lease, f"lease={mark.lease!r}): more than zero"
    for name in ("lease", "reconcile", "retry_unknown", "horizon"):
        only_external = bool(getattr(mark, name)) and mark.effect == "local"
        yield only_external, f"{name}=…): only with effect='external'; a local effect is never unknown"

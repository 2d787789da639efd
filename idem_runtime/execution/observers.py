"""Who is told what becomes of every execution: telemetry, and the storms of the testing plugin.

Nobody is, until :func:`observe`; what that costs an execution is one look at an empty tuple. Whatever an observer raises
is logged, and changes nothing: money has moved, or has not, whoever watches.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Literal, Protocol, TypeAlias

from idem_runtime import log_records
from idem_runtime.mark_values import Function, MoneyMoving
from idem_runtime.model import Again, Ask, Execute, Refuse, Replay, Sealed
from idem_runtime.protocol.scope import operation_of

OutcomeName: TypeAlias = Literal[
    "executed", "replayed", "mismatched", "in_progress", "unknown", "undone", "rerun", "refused"
]
"""What became of one request: ``rerun`` lost a conflict and is run again, ``refused`` is every other problem."""

OUTCOMES: dict[str, OutcomeName] = {
    "key_reused": "mismatched",
    "in_progress": "in_progress",
    "outcome_unknown": "unknown",
    "response_unstorable": "undone",
    "raised_success": "undone",
    "handler_timeout": "undone",
}
"""Of a refusal, by its code; all others are ``refused``."""


class Observed(Protocol):
    """An execution, as far as observers look at it."""

    mark: MoneyMoving
    ask: Ask
    handler: Function | None
    local: bool
    freed: bool
    deadline: float


class Observer(Protocol):
    """Is told of every execution, in the context that it runs in, and must not wait for anything."""

    def admitted(self, execution: Observed, outcome: OutcomeName | None, code: str | None) -> None:
        """The end of its admission; ``outcome`` is ``None`` where its handler runs now. ``code``: of a refusal."""

    def finishing(self, execution: Observed) -> None:
        """Its handler has ended: what it did is recorded, or taken back."""

    def ended(self, execution: Observed, outcome: OutcomeName, code: str | None) -> None:
        """What became of one whose handler ran."""


_observers: tuple[Observer, ...] = ()


def observe(observer: Observer) -> Callable[[], None]:
    """Tell ``observer`` of every execution of this process, until what this returns is called. Twice is as once."""
    global _observers  # noqa: PLW0603 - replaced as a whole, so that whoever goes through it needs no lock
    if observer not in _observers:
        _observers = (*_observers, observer)

    def stop() -> None:
        global _observers  # noqa: PLW0603 - as above
        _observers = tuple(other for other in _observers if other is not observer)

    return stop


def admitted(execution: Observed, decision: object) -> None:
    """The decision at admission, before the handler runs."""
    log_records.admitted(execution.ask, decision, partial(executed, execution))
    for observer in _observers:
        _tell(observer.admitted, execution, *_outcome(decision, execution))


def executed(execution: Observed) -> log_records.Executed:
    """What the log and telemetry say of an execution beside its digest."""
    return operation_of(execution.ask.scope), execution.handler


def finishing(execution: Observed) -> None:
    """The handler has ended."""
    for observer in _observers:
        _tell(observer.finishing, execution)


def ended(execution: Observed, verdict: object) -> None:
    """What became of an execution; ``verdict`` is ``None`` where nothing was recorded, or where it was cut off."""
    for observer in _observers:
        _tell(observer.ended, execution, *_outcome(verdict, execution))


def _tell(method: Callable[..., None], *values: object) -> None:
    try:
        method(*values)
    except Exception as error:  # noqa: BLE001 - an observer's fault is not the execution's
        log_records.observer_failed(error)


def _outcome(said: object, execution: Observed) -> tuple[OutcomeName | None, str | None]:
    if isinstance(said, Refuse):
        return OUTCOMES.get(said.error.code, "refused"), said.error.code
    if said is None:
        return "undone" if execution.local or execution.freed else "unknown", None
    return _NAMES[type(said)], None


_NAMES: dict[type[object], OutcomeName | None] = {
    Execute: None,
    Sealed: "executed",
    Replay: "replayed",
    Again: "rerun",
}

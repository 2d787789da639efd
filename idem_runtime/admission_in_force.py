"""Which admission is in force where a marked function is called, and whether a money-moving execution is running.

An adapter puts its admission into the context of one request; ``idem.install()`` puts one into force for the process.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar, Token
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeAlias

from idem_runtime.mark_values import Function, MoneyMoving

LedgerOutside: TypeAlias = Literal["raise", "warn"]
"""What happens where a ``@ledger_write`` function is called outside a money-moving execution."""


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


_context_admission: ContextVar[Admission | None] = ContextVar("idem_admission", default=None)
_executing: ContextVar[bool] = ContextVar("idem_inside", default=False)
CONTEXT: tuple[ContextVar[Any], ...] = (_context_admission, _executing)
"""All context variables of this module."""


@dataclass(slots=True)
class _Process:
    """What is installed for the whole process: set once at start-up, never per call."""

    admission: Admission | None = None
    ledger_outside: LedgerOutside = "raise"


_process = _Process()


def install_for_process(admission: Admission | None, *, ledger_outside: LedgerOutside = "raise") -> None:
    """Put ``admission`` in force for the process, wherever no adapter's is; ``None`` uninstalls."""
    _process.admission = admission
    _process.ledger_outside = ledger_outside


def context_admission() -> Admission | None:
    """The one that an adapter has put in force in the current context."""
    return _context_admission.get()


def process_admission() -> Admission | None:
    """The one that is installed for the process, for plain functions."""
    return _process.admission


def put_in_force(admission: Admission | None) -> Token[Admission | None]:
    """Put ``admission`` in force in the current context (one request, one call), until :func:`take_out_of_force`."""
    return _context_admission.set(admission)


def take_out_of_force(token: Token[Admission | None]) -> None:
    """As it was before."""
    _context_admission.reset(token)


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
    token = begin_executing()
    try:
        yield
    finally:
        end_executing(token)


def begin_executing() -> Token[bool]:
    """As :func:`money_moving_execution`, until :func:`end_executing`."""
    return _executing.set(True)


def end_executing(token: Token[bool]) -> None:
    """As it was before."""
    _executing.reset(token)


def is_executing() -> bool:
    """Whether a money-moving execution is running in the current context."""
    return _executing.get()


def installed_ledger_outside() -> LedgerOutside:
    """What was installed for the process; see :data:`LedgerOutside`."""
    return _process.ledger_outside

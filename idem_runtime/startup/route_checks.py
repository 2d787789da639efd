"""What every HTTP adapter checks of its routing table before it serves: the order of the checks, and their options.

Each check is a file: ``required_marks.py``, ``linter_inventory.py``, ``scope_checks.py``, ``connection_check.py``.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from idem_runtime import log_records
from idem_runtime.errors import ConfigurationError
from idem_runtime.marks import MoneyMoving
from idem_runtime.runtime import Runtime
from idem_runtime.startup.connection_check import Mode, check_mode, lines_to_write, refusal, refuse
from idem_runtime.startup.endpoints import (
    Endpoint,
    Handler,
    function_of_endpoint,
    mark_of_endpoint,
    view_class_of,
)
from idem_runtime.startup.linter_inventory import LinterInventory
from idem_runtime.startup.required_marks import RequiredMarks, check_marks_are_met
from idem_runtime.startup.scope_checks import OneOperation, check_principals, several_operations

__all__ = [
    "Checks",
    "Endpoint",
    "Handler",
    "function_of_endpoint",
    "mark_of_endpoint",
    "refuse_unknown",
    "several_operations",
    "view_class_of",
]

OPTIONS = ("require_marks", "inventory", "without_connection")
"""What ``idem.install(app, …)`` takes."""


@dataclass(frozen=True)
class Checks:
    """What is asked of every endpoint.

    ``require_marks``: ``True`` for every POST, the name of one of the linter's presets (``"money"``), words and globs of
    the route such as ``("wallet", "/api/v1/payroll")``
    (see :mod:`idem_runtime.startup.route_patterns`), or a function of the route: an unmarked POST there is refused.
    ``inventory``: the file that ``idem-lint inventory --format json`` wrote: a POST endpoint from the folders that the
    linter looked at that is not in it, or that runs under another mark than was read, is refused; a handler in it that is
    not served is logged.
    ``without_connection``: a local money-moving handler that does not show where it gets its transaction (the rule is
    :mod:`idem_runtime.startup.connection_check`'s) is refused (``"refuse"``), or warned of (``"warn"``).

    :raises ConfigurationError: an option that cannot be used.
    """

    runtime: Runtime
    require_marks: Any = None
    inventory: Any = None
    without_connection: Mode = "refuse"
    _warned: set[str] = field(default_factory=set[str], repr=False)
    _one_operation: OneOperation = field(default_factory=OneOperation, repr=False)

    @classmethod
    def of(cls, runtime: Runtime, options: Mapping[str, Any]) -> Checks:
        """The checks that ``install(app, **options)`` asks for.

        :raises ConfigurationError: an option that there is not, or that cannot be used.
        """
        refuse_unknown(options, OPTIONS)
        return cls(runtime, **options)

    def __post_init__(self) -> None:
        """Refuse options that cannot be used."""
        check_mode(self.without_connection)
        _ = self._required_marks

    def run(self, endpoints: Iterable[Endpoint], *, complete: bool = True) -> None:
        """Check ``endpoints``; ``complete``: these are all that there are, and the program is loaded.

        :raises ConfigurationError: names every one that is refused, and what to do.
        """
        rows = list(endpoints)
        check_marks_are_met(rows)
        self._required_marks.check(rows, complete=complete)
        if self._inventory is not None:
            self._inventory.check(rows, complete=complete)
        self._check_handlers(
            [handler for endpoint in rows for handler in endpoint.handlers()], complete=complete
        )

    @cached_property
    def _required_marks(self) -> RequiredMarks:
        return RequiredMarks(self.require_marks)

    @cached_property
    def _inventory(self) -> LinterInventory | None:
        return None if self.inventory is None else LinterInventory(self.inventory)

    def _check_handlers(self, handlers: Sequence[Handler], *, complete: bool) -> None:
        marked = [(handler, handler.mark) for handler in handlers if isinstance(handler.mark, MoneyMoving)]
        self._one_operation.check(handler for handler, mark in marked if mark.operation is None)
        if self.runtime.principal is None:
            check_principals(handler for handler, mark in marked if mark.principal is None)
        local = [handler for handler, mark in marked if mark.effect == "local" and mark.connection is None]
        if self.runtime.using is None:  # else the framework's own connection is ours
            self._check_connections(local, complete=complete)
        for handler, _ in marked:
            if dependencies := handler.before_admission():
                log_records.dependencies_first(str(handler), dependencies)

    def _check_connections(self, handlers: Iterable[Handler], *, complete: bool) -> None:
        """Refuse or warn of local handlers that do not show their connection; each is warned of once."""
        answers = [(handler, handler.shown_connection()) for handler in handlers]
        refused = [
            (handler, answer)
            for handler, answer in answers
            if not answer.shown and (complete or answer.complete) and str(handler) not in self._warned
        ]
        if not refused:
            return
        if self.without_connection == "warn":
            self._warned.update(str(handler) for handler, _ in refused)
        lines = (
            line
            for handler, _ in refused
            for line in lines_to_write(handler.function, handler.endpoint.parameter)
        )
        refuse(
            refusal([f"{handler}: {answer.instead}" for handler, answer in refused], lines),
            self.without_connection,
        )


def refuse_unknown(options: Mapping[str, Any], allowed: tuple[str, ...]) -> None:
    """Name the option that was meant.

    :raises ConfigurationError: ``install()`` was given an option that it does not have.
    """
    for name in options:
        if name not in allowed:
            close = difflib.get_close_matches(name, allowed, n=1)
            meant = f"did you mean {close[0]}=?" if close else f"known are {', '.join(allowed)}"
            raise ConfigurationError(f"install() has no option {name}=: {meant}")

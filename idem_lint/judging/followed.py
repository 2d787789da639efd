"""Of what a run asks where the money goes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from idem_lint.result_types import EntryPoint, Handler


class Wanted(NamedTuple):
    """Which entry points are asked for. ``listed``: all of them, whatever they reach. Else those of a money domain that
    reach a write of money, and with ``sure_everywhere`` those outside the domains that reach a sure one; with
    ``likely_everywhere`` those that reach any.
    """

    listed: bool = False
    sure_everywhere: bool = False
    likely_everywhere: bool = False

    def wants(self, point: EntryPoint) -> bool:
        """Whether an entry point may be told, once it is known what it writes."""
        return point.domain is not None or self.listed or self.sure_everywhere or self.likely_everywhere

    def wants_handler(self, handler: Handler) -> bool:
        """Whether an unmarked handler of POST outside the domains may be told, once it is known what it writes."""
        everywhere = self.sure_everywhere or self.likely_everywhere
        is_open = handler.domain is None and not handler.marks and not handler.hidden_test
        return everywhere and is_open and "POST" in handler.methods


class Follow(NamedTuple):
    """Of which handlers, and of which other entry points (``None``: of no other), it is asked where the money goes; and the
    line that is to be explained, if any.
    """

    handlers: Callable[[Handler], bool]
    entry_points: Wanted | None = None
    line: tuple[Path, int] | None = None

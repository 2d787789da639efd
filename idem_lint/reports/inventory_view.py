"""How an inventory is to look, and what it needs to know beyond the result."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import date

    from idem_lint.run_results import InventoryChange


def no_link(file: str, line: int) -> str:  # noqa: ARG001 - what has the place of a link
    """No address: nobody said where the repository is shown."""
    return ""


class InventoryView(NamedTuple):
    """``title`` stands on top. ``link`` gives the address of a line of a file, empty where there is none. ``today`` is the
    day that ``until=`` is held against; without it nothing depends on the day of the run. ``changes`` are those since
    ``compared``, a commit or a lock file; ``None`` where nothing was compared.
    """

    title: str = "Money inventory"
    link: Callable[[str, int], str] = no_link
    today: date | None = None
    changes: Sequence[InventoryChange] | None = None
    compared: str = ""

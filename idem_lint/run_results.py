"""What a run hands to a report: values that cost no import of what they are made from."""

from __future__ import annotations

from types import MappingProxyType
from typing import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from idem_lint.result_types import EntryPoint, Finding, Handler, Site, Undecided


class MoneyFolder(NamedTuple):
    """A folder with unmarked handlers that no domain judges though a word says money."""

    folder: str
    handlers: int
    words: tuple[str, ...]


class Outside(NamedTuple):
    """What a run did not judge: ``handlers`` counts those outside every domain that nobody marked, ``money`` names the
    folders of those among them that a word says money of, ``hidden_tests`` counts those left out as tests.
    """

    handlers: int = 0
    money: tuple[MoneyFolder, ...] = ()
    hidden_tests: int = 0


class CheckResult(NamedTuple):
    """The findings of one run, sorted, and those a comment suppressed (with the comment as written).

    ``files`` counts the files that were looked at, ``in_domain`` those of them in a money domain, or with a handler that
    is in one by what registers it or by its route. ``excerpts`` maps (file, line) of a finding to the source line, without
    its line end; ``notes`` maps a finding to a hint. ``unread`` are files that no domain judges and that could not be
    parsed: what depends on them is not known. ``left_out`` says which named files are deleted or no Python.
    """

    findings: tuple[Finding, ...]
    suppressed: tuple[tuple[Finding, str], ...]
    files: int
    in_domain: int = 0
    excerpts: Mapping[tuple[str, int], str] = MappingProxyType({})
    notes: Mapping[Finding, str] = MappingProxyType({})
    outside: Outside = Outside()
    unread: tuple[Site, ...] = ()
    left_out: tuple[str, ...] = ()


class InventoryChange(NamedTuple):
    """An entry point that is ``new``, ``gone`` or ``changed`` since an earlier inventory. ``was`` says what is different, a
    line each: ``mark: money_moving -> none``.
    """

    kind: str
    file: str
    name: str
    routes: tuple[str, ...]
    domain: str | None
    mark: str | None
    moves_money: bool
    was: tuple[str, ...] = ()


class Inventory(NamedTuple):
    """Every handler of the files that were looked at, what could not be decided, what could not be parsed, and where
    idem-lint itself failed. ``left_out`` is that of :class:`CheckResult`. ``entry_points`` are what starts code besides
    handlers of POST, where it was asked where the money goes. ``paths`` are the files and folders that were looked at, as
    the files in them are shown.
    """

    handlers: tuple[Handler, ...]
    undecided: tuple[Undecided, ...]
    unparsed: tuple[Site, ...]
    faults: tuple[Site, ...] = ()
    left_out: tuple[str, ...] = ()
    entry_points: tuple[EntryPoint, ...] = ()
    paths: tuple[str, ...] = ()

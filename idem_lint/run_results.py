"""What a run hands to a report: values that cost no import of what they are made from."""

from __future__ import annotations

from types import MappingProxyType
from typing import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from idem_lint.result_types import Finding, Handler, Site, Undecided


class CheckResult(NamedTuple):
    """The findings of one run, sorted, and those a comment suppressed (with the comment as written).

    ``files`` counts the files that were looked at, ``in_domain`` those of them in a money domain. ``excerpts`` maps
    (file, line) of a finding to the source line, without its line end; ``notes`` maps a finding to a hint. ``unread``
    are files beside those that were looked at: they could not be parsed, and what depends on them is not known.
    """

    findings: tuple[Finding, ...]
    suppressed: tuple[tuple[Finding, str], ...]
    files: int
    in_domain: int = 0
    excerpts: Mapping[tuple[str, int], str] = MappingProxyType({})
    notes: Mapping[Finding, str] = MappingProxyType({})
    unread: tuple[Site, ...] = ()


class Inventory(NamedTuple):
    """Every handler of the files that were looked at, what could not be decided, what could not be parsed, and where
    idem-lint itself failed.
    """

    handlers: tuple[Handler, ...]
    undecided: tuple[Undecided, ...]
    unparsed: tuple[Site, ...]
    faults: tuple[Site, ...] = ()

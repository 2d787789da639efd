"""What a run hands to a report: values without behaviour."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal, Protocol, TypeAlias

from idem_lint.handlers import Finding, Handler, Site, Undecided

Severity: TypeAlias = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The findings of one run, sorted, and those a comment suppressed (with the comment as written).

    ``files`` counts the files that were looked at, ``in_domain`` those of them in a money domain. ``excerpts`` maps
    (file, line) of a finding to the source line, without its line end; ``notes`` maps a finding to a hint.
    """

    findings: tuple[Finding, ...]
    suppressed: tuple[tuple[Finding, str], ...]
    files: int
    in_domain: int = 0
    excerpts: Mapping[tuple[str, int], str] = field(default_factory=dict[tuple[str, int], str])
    notes: Mapping[Finding, str] = field(default_factory=dict[Finding, str])


@dataclass(frozen=True, slots=True)
class Inventory:
    """Every handler of the files that were looked at, what could not be decided, and what could not be parsed."""

    handlers: tuple[Handler, ...]
    undecided: tuple[Undecided, ...]
    unparsed: tuple[Site, ...]


class RuleText(Protocol):
    """What a report may say about a rule."""

    code: ClassVar[str]
    name: ClassVar[str]
    summary: ClassVar[str]
    why: ClassVar[str]
    bad: ClassVar[str]
    good: ClassVar[str]
    severity: ClassVar[Severity]

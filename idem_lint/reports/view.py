"""How a report is to look, and what it needs to know beyond the result."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from idem_lint.results import CheckResult, RuleText


@dataclass(frozen=True, slots=True)
class View:
    """``rules`` gives all rules, in order of their codes; a clean text report never asks. ``colour`` and ``statistics``
    are for the text report.
    """

    rules: Callable[[], Sequence[RuleText]]
    version: str
    colour: bool = False
    statistics: bool = False

    def rule(self, code: str) -> RuleText:
        """The rule with this code."""
        return next(rule for rule in self.rules() if rule.code == code)


def plural(count: int, noun: str) -> str:
    """``1 finding``, ``2 findings``."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def statistics(result: CheckResult) -> list[tuple[str, int]]:
    """How many findings each code has, most first."""
    counts: dict[str, int] = {}
    for finding in result.findings:
        counts[finding.code] = counts.get(finding.code, 0) + 1
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))

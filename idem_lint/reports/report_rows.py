"""How a report is to look, and what it needs to know beyond the result."""

from __future__ import annotations

from typing import ClassVar, NamedTuple, Protocol

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from idem_lint.result_types import Finding, Severity
    from idem_lint.run_results import CheckResult


class RuleText(Protocol):
    """What a report may say about a rule."""

    code: ClassVar[str]
    name: ClassVar[str]
    summary: ClassVar[str]
    why: ClassVar[str]
    bad: ClassVar[str]
    good: ClassVar[str]
    severity: ClassVar[Severity]


class View(NamedTuple):
    """``rules`` gives all rules, in order of their codes; a clean text report never asks. ``colour``, ``statistics`` and
    ``quiet`` (no summary) are for the text report, and so is ``width``: the columns of the terminal that shows it, 0
    where none does.
    """

    rules: Callable[[], Sequence[RuleText]]
    version: str
    colour: bool = False
    statistics: bool = False
    width: int = 0
    quiet: bool = False

    def rule(self, code: str) -> RuleText:
        """The rule with this code."""
        return next(rule for rule in self.rules() if rule.code == code)

    def severity(self, finding: Finding) -> Severity:
        """How bad a finding is: as it says itself, else as its rule does."""
        return finding.severity or self.rule(finding.code).severity


def statistics(result: CheckResult) -> list[tuple[str, int]]:
    """How many findings each code has, most first."""
    counts: dict[str, int] = {}
    for finding in result.findings:
        counts[finding.code] = counts.get(finding.code, 0) + 1
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))

"""IDM004: an opt-out that does not say why."""

from __future__ import annotations

from collections.abc import Iterator

from idem_lint.result_types import FileReport, Finding
from idem_lint.rules.example_code import WITH_A_REASON, with_reason
from idem_lint.rules.rule import Rule, RuleSettings, in_domain
from idem_lint.rules.shared_phrases import full_name


class OptOutWithoutReason(Rule):
    code = "IDM004"
    name = "opt-out-without-reason"
    summary = "`@not_money_moving` has no `reason=`, or one that is empty or not a literal."
    why = (
        "ADR-007 lets read-shaped POSTs opt out explicitly. The reason is what a reviewer and an auditor judge; it has "
        "to be readable in the source, so it is a literal string."
    )
    bad = with_reason("")
    good = WITH_A_REASON

    def check(self, report: FileReport, settings: RuleSettings) -> Iterator[Finding]:
        for handler in in_domain(report):
            if any(mark.name == "not_money_moving" and not mark.has_reason for mark in handler.marks):
                yield self.on(
                    handler,
                    f"`{full_name(handler)}` opts out of ADR-007 without a reason: nobody can judge later whether it "
                    "still holds",
                    'write @not_money_moving(reason="why running it twice moves no money")',
                )

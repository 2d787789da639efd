"""IDM013: an opt-out whose reason somebody still owes."""

from __future__ import annotations

from collections.abc import Iterator

from idem_lint.result_types import TODO, FileReport, Finding
from idem_lint.rules.example_code import WITH_A_REASON, with_reason
from idem_lint.rules.rule import Rule, RuleSettings, in_domain
from idem_lint.rules.shared_phrases import full_name

_WORDS = (TODO, "FIXME", "XXX", "TBD")


class PlaceholderReason(Rule):
    code = "IDM013"
    name = "placeholder-reason"
    severity = "warning"
    summary = "The `reason=` of `@not_money_moving` is a placeholder (`TODO: …`, as `idem-lint annotate` writes it)."
    why = (
        "`idem-lint annotate` marks what no write of money was seen of, and leaves the judgement to a person. Until "
        "somebody has looked, the opt-out is a guess: ADR-007 wants an explicit one that a reviewer can judge. The "
        "handler runs as it did; the finding stays until the reason is written. A baseline holds what is still owed."
    )
    bad = with_reason("TODO: say why running it twice moves no money")
    good = WITH_A_REASON

    def check(self, report: FileReport, settings: RuleSettings) -> Iterator[Finding]:
        for handler in in_domain(report):
            for mark in handler.marks:
                if mark.reason is not None and is_placeholder(mark.reason):
                    yield self.on(
                        handler,
                        f"`{full_name(handler)}` opts out of ADR-007 with a reason that is still to be written: "
                        f'"{mark.reason}"',
                        "look at what a retry would do, and write the reason, or @money_moving in its place",
                    )
                    break


def is_placeholder(reason: str) -> bool:
    """Whether a reason says only that there is to be one."""
    text = reason.strip().upper()
    return text.startswith(_WORDS) or not any(character.isalnum() for character in text)

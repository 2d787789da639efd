"""IDM002: a handler that says yes and no."""

from __future__ import annotations

from collections.abc import Iterator

from idem_lint.result_types import FileReport, Finding
from idem_lint.rules.rule import Rule, RuleSettings, in_domain
from idem_lint.rules.shared_phrases import full_name, written


class ContradictoryMarks(Rule):
    code = "IDM002"
    name = "contradictory-marks"
    summary = "One handler carries both marks (on the function, or one on its class and one on the method)."
    why = (
        "One of the two is wrong, and a reader cannot know which. If the handler moves money, the opt-out hides it "
        "from every list of exceptions; if it does not, callers are made to send keys for nothing (ADR-007)."
    )
    bad = """\
from fastapi import APIRouter

from idem_runtime import money_moving, not_money_moving

router = APIRouter()


@router.post("/wallet/transfers")
@money_moving
@not_money_moving(reason="only validates")
def transfer(amount: int) -> dict[str, int]:
    return {"amount": amount}
"""
    good = """\
from fastapi import APIRouter

from idem_runtime import money_moving

router = APIRouter()


@router.post("/wallet/transfers")
@money_moving
def transfer(amount: int) -> dict[str, int]:
    return {"amount": amount}
"""

    def check(self, report: FileReport, settings: RuleSettings) -> Iterator[Finding]:
        for handler in in_domain(report):
            if len({mark.name for mark in handler.marks}) > 1:
                lines = " and ".join(
                    written(mark, handler.place.file)
                    for mark in sorted(handler.marks, key=lambda mark: mark.place.line)
                )
                yield self.on(
                    handler,
                    f"`{full_name(handler)}` carries both marks, {lines}: one of them is wrong",
                    "keep @money_moving if running it twice makes two ledger entries (ADR-007), else the opt-out",
                )

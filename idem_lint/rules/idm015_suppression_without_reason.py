"""IDM015: a noqa comment that does not say why."""

from __future__ import annotations

from collections.abc import Iterator

from idem_lint.result_types import FileReport, Finding, Place
from idem_lint.rules.rule import Rule, RuleSettings


class SuppressionWithoutReason(Rule):
    code = "IDM015"
    name = "suppression-without-reason"
    per_file = False
    by_comment = False
    summary = (
        "With `require-reasons = true`: a `# noqa: IDM…` has no reason behind it (`# noqa: IDM001 -- why`)."
    )
    why = (
        "A comment that takes a handler out of ADR-007 is an exception like an opt-out, and who judges it later has to "
        "read why it was made. The report keeps the reason (SARIF: the justification of the suppression)."
    )
    bad = """\
from fastapi import APIRouter

from idem_runtime import money_moving

router = APIRouter()


@router.post("/wallet/transfers")
@money_moving
def transfer(amount: int) -> dict[str, int]:
    return {"amount": amount}


@router.post("/wallet/refunds")
def refund(amount: int) -> dict[str, int]:  # noqa: IDM001
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


@router.post("/wallet/refunds")
def refund(amount: int) -> dict[str, int]:  # noqa: IDM001 -- the gateway in front of it deduplicates
    return {"amount": amount}
"""

    def check(self, report: FileReport, settings: RuleSettings) -> Iterator[Finding]:
        yield from ()  # comments are looked at when every other rule has spoken

    def on_comment(self, place: Place, written: str, qualname: str) -> Finding:
        """The finding for a comment without a reason, at a handler."""
        return self.at(
            place,
            f"`{written}` does not say why",
            domain=None,
            qualname=qualname,
            advice=f"write `{written} -- why`",
        )

"""IDM014: a noqa comment that outlived what it silenced."""

from __future__ import annotations

from collections.abc import Iterator

from idem_lint.result_types import FileReport, Finding, Place
from idem_lint.rules.rule import Rule, RuleSettings


class UnusedSuppression(Rule):
    code = "IDM014"
    name = "unused-suppression"
    severity = "warning"
    per_file = False
    by_comment = False
    summary = "A `# noqa: IDM…` names a rule that finds nothing there."
    why = (
        "A comment that silences nothing today silences the next finding of that rule at this handler, which nobody has "
        "looked at. What ADR-007 asks of money-moving POSTs is only worth something where every exception is one that "
        "somebody wanted."
    )
    bad = """\
from fastapi import APIRouter

from idem_runtime import money_moving

router = APIRouter()


@router.post("/wallet/transfers")
@money_moving
def transfer(amount: int) -> dict[str, int]:  # noqa: IDM001
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
        yield from ()  # what comments silence is known when every other rule has spoken

    def on_comment(self, place: Place, written: str, codes: tuple[str, ...]) -> Finding:
        """The finding for a comment that silences nothing of these codes."""
        names = " and ".join(codes)
        return self.at(
            place,
            f"`{written}` silences nothing of {names} here",
            domain=None,
            qualname="",
            advice=f"take {names} out of the comment",
        )

"""IDM009: a domain that rolls its own."""

from __future__ import annotations

from collections.abc import Iterator

from idem_lint.result_types import FileReport, Finding
from idem_lint.rules.rule import Rule, RuleSettings
from idem_lint.rules.shared_phrases import within


class OwnIdempotency(Rule):
    code = "IDM009"
    name = "own-idempotency"
    summary = (
        "A domain rolls its own idempotency: it reads `Idempotency-Key`, or keeps its own table of keys."
    )
    why = (
        "ADR-007: the contract lives in one shared package, domains do not roll their own. Home-made stores miss a "
        "case, most often two requests at once, a crash between the effect and the record, or one tenant seeing "
        "another's answer."
    )
    bad = """\
from fastapi import APIRouter, Request

from idem_runtime import money_moving

router = APIRouter()


@router.post("/wallet/transfers")
@money_moving
def transfer(request: Request, amount: int) -> dict[str, object]:
    return {"amount": amount, "key": request.headers["Idempotency-Key"]}
"""
    good = """\
from fastapi import APIRouter

from idem_runtime import money_moving

router = APIRouter()


@router.post("/wallet/transfers")
@money_moving
def transfer(amount: int) -> dict[str, object]:
    return {"amount": amount}
"""

    def check(self, report: FileReport, settings: RuleSettings) -> Iterator[Finding]:
        if report.domain is None:
            return
        for site in report.own_idempotency:
            message = (
                f"home-made idempotency{within(report.domain)}: {site.what}; domains do not roll their own "
                "(ADR-007)"
            )
            yield self.at(
                site.place,
                message,
                domain=report.domain,
                qualname=site.qualname,
                advice="leave the key and its record to @money_moving",
            )

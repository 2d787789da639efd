"""IDM001: a POST handler in a money domain that nobody has judged."""

from __future__ import annotations

from collections.abc import Iterator

from idem_lint.result_types import FileReport, Finding
from idem_lint.rules.rule import Rule, RuleSettings, in_domain
from idem_lint.rules.shared_phrases import RETRY, decide, subject, undecided, written


class UnmarkedMoneyPost(Rule):
    code = "IDM001"
    name = "unmarked-money-post"
    summary = "A POST handler (or an RPC) in a money domain carries neither mark."
    why = (
        "Networks lose packets, so clients, partners and workers retry. Without a mark nothing stops the second "
        "execution from moving the money again. ADR-007: every money-moving POST needs an idempotency key, and a "
        "handler in a money domain either says so or says why not."
    )
    bad = """\
from fastapi import APIRouter

router = APIRouter()


@router.post("/wallet/transfers")
def transfer(amount: int) -> dict[str, int]:
    return {"amount": amount}
"""
    good = """\
from fastapi import APIRouter

from idem_runtime import money_moving, not_money_moving

router = APIRouter()


@router.post("/wallet/transfers")
@money_moving
def transfer(amount: int) -> dict[str, int]:
    return {"amount": amount}


@router.post("/wallet/statements/query")
@not_money_moving(reason="a search with a body: it reads the ledger and writes nothing")
def query_statements(month: str) -> dict[str, str]:
    return {"month": month}
"""

    def check(self, report: FileReport, settings: RuleSettings) -> Iterator[Finding]:
        for handler in in_domain(report):
            if handler.evidence != "any-method" and undecided(handler):
                some = [written(mark, handler.place.file) for mark in handler.marks]
                where = f" where the condition of {' and '.join(some)} is not met" if some else ""
                yield self.on(handler, f"{subject(handler)} without a mark{where}: {RETRY}", decide(handler))

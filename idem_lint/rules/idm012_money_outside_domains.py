"""IDM012: a handler that a word says money of and that no domain judges."""

from __future__ import annotations

from collections.abc import Iterator

from idem_lint.result_types import FileReport, Finding, Handler, MoneyWord
from idem_lint.rules.idm102_unguarded_ledger_write import outside_domains
from idem_lint.rules.rule import Rule, RuleSettings


class MoneyOutsideDomains(Rule):
    code = "IDM012"
    name = "money-outside-domains"
    summary = "With --strict-domains: a handler whose route or file has a word for money, in no money domain and unmarked."
    why = (
        "ADR-007 holds for every money-moving POST, whatever its folder is called. A handler outside every domain is not "
        "judged by any other rule, so a transfer at /transfers in core/ would pass unseen. The words are those of the "
        'preset "money". A mark settles it, and so does a domain that the handler is in.'
    )
    bad = """\
from fastapi import APIRouter

router = APIRouter()


@router.post("/transfers")
def create(amount: int) -> dict[str, int]:
    return {"amount": amount}
"""
    good = """\
from fastapi import APIRouter

from idem_runtime import money_moving, not_money_moving

router = APIRouter()


@router.post("/transfers")
@money_moving
def create(amount: int) -> dict[str, int]:
    return {"amount": amount}


@router.post("/transfers/search")
@not_money_moving(reason="a search with a body: it reads and writes nothing")
def search(month: str) -> dict[str, str]:
    return {"month": month}
"""
    per_file = False

    def check(self, report: FileReport, settings: RuleSettings) -> Iterator[Finding]:
        if settings.strict_domains:
            for handler in report.handlers:
                if outside_domains(handler, settings) is not None:
                    continue  # IDM102 says it, with the write
                if handler.outside is not None and not handler.marks and not handler.lookalikes:
                    yield self.on(handler, _message(handler, handler.outside))
            for route in report.undecided:
                if route.outside is not None:
                    message = f"whether it answers POST cannot be told, {_nowhere(route.outside)}"
                    yield self.at(route.place, message, domain=None, qualname=route.qualname)


def _message(handler: Handler, word: MoneyWord) -> str:
    answers = "is an RPC" if handler.is_rpc else "answers POST"
    name = handler.qualname.replace(".<locals>", "")
    return f"`{name}` {answers}, {_nowhere(word)}"


def _nowhere(word: MoneyWord) -> str:
    return (
        f"and no domain judges it though it speaks of money ({word.reason}): take its folder or word into the domains "
        '(domain-paths, extend-domains, preset = "money"), or mark it (ADR-007)'
    )

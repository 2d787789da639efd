"""IDM010: a decorator that only has the mark's name."""

from __future__ import annotations

from collections.abc import Iterator

from idem_lint.result_types import FileReport, Finding, Lookalike
from idem_lint.rules.rule import Rule, RuleSettings, in_domain
from idem_lint.rules.shared_phrases import full_name, written


class LookalikeMark(Rule):
    code = "IDM010"
    name = "lookalike-mark"
    summary = "A decorator has a mark's name but does not lead to `idem_runtime`, and `extend-marks` does not name it."
    why = (
        "It reads like the guard of ADR-007 and may do nothing at all. If it does apply the real mark, the "
        "configuration says so once: `extend-marks`. If it does not, the handler is unguarded."
    )
    bad = """\
from bank.decorators import money_moving
from fastapi import APIRouter

router = APIRouter()


@router.post("/wallet/transfers")
@money_moving
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
            for lookalike in handler.lookalikes:
                name = written(lookalike, lookalike.place.file)
                message = (
                    f"`{full_name(handler)}`: {name} leads to {lookalike.origin}, not to idem_runtime: it may guard "
                    "nothing"
                )
                yield self.on(handler, message, _advice(lookalike))


def _advice(lookalike: Lookalike) -> str:
    meant = "not_money_moving" if "not" in lookalike.name.rpartition(".")[2].lower() else "money_moving"
    return (
        f"import {meant} from idem_runtime, or, if it applies the real mark, name it in extend-marks of "
        "[tool.idem-lint]"
    )

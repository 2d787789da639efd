"""IDM008: money that moves on GET."""

from __future__ import annotations

from collections.abc import Iterator

from idem_lint.result_types import FileReport, Finding
from idem_lint.rules.rule import Rule, RuleSettings, in_domain
from idem_lint.rules.shared_phrases import full_name

SAFE = ("GET", "HEAD")


class MoneyMovingSafeMethod(Rule):
    code = "IDM008"
    name = "money-moving-safe-method"
    summary = "`@money_moving` is on a handler that GET or HEAD reaches."
    why = (
        "Browsers, proxies and crawlers repeat, prefetch and cache GET, and send no key (RFC 9110, 9.2.1: safe methods "
        "change nothing). Reading then fails for want of a key, or money moves without anybody asking. ADR-007 is "
        "about POST. A view that accepts every method is not meant here: IDM007 asks to restrict or to mark it."
    )
    bad = """\
from fastapi import APIRouter

from idem_runtime import money_moving

router = APIRouter()


@router.api_route("/wallet/transfers", methods=["GET", "POST"])
@money_moving
def transfers(amount: int) -> dict[str, int]:
    return {"amount": amount}
"""
    good = """\
from fastapi import APIRouter

from idem_runtime import money_moving

router = APIRouter()


@router.get("/wallet/transfers")
def list_transfers() -> list[int]:
    return []


@router.post("/wallet/transfers")
@money_moving
def transfer(amount: int) -> dict[str, int]:
    return {"amount": amount}
"""

    def check(self, report: FileReport, settings: RuleSettings) -> Iterator[Finding]:
        for handler in in_domain(report):
            reached = [method for method in SAFE if method in handler.methods]
            if handler.evidence == "explicit" and handler.mark == "money_moving" and reached:
                yield self.on(
                    handler,
                    f"`{full_name(handler)}` is @money_moving and reached by {' and '.join(reached)}: browsers and "
                    "proxies repeat that without a key",
                    "give reading a handler of its own and keep this one for POST",
                )

"""IDM006: a registration that the source alone does not decide."""

from __future__ import annotations

from collections.abc import Iterator

from idem_lint.result_types import FileReport, Finding
from idem_lint.rules.rule import Rule, RuleSettings
from idem_lint.rules.shared_phrases import within

_SETTLES = "name the methods and the handler where they are registered, so that it can be judged (ADR-007)"


class UndecidableRoute(Rule):
    code = "IDM006"
    name = "undecidable-route"
    summary = (
        "In a money domain, a registration, decorator or base class that could make a handler and cannot be read to its "
        "end; `routers` in [tool.idem-lint] settles it."
    )
    why = (
        "What cannot be read cannot be judged: behind a method list from the settings or a handler looked up by name "
        "may stand a POST that moves money. It is reported, never silently passed over (ADR-007 holds for every "
        "such POST)."
    )
    bad = """\
import os

from fastapi import APIRouter

from idem_runtime import money_moving

router = APIRouter()


@router.api_route("/wallet/transfers", methods=os.environ["TRANSFER_METHODS"].split(","))
def transfer(amount: int) -> dict[str, int]:
    return {"amount": amount}
"""
    good = """\
from fastapi import APIRouter

from idem_runtime import money_moving

router = APIRouter()


@router.api_route("/wallet/transfers", methods=["POST"])
@money_moving
def transfer(amount: int) -> dict[str, int]:
    return {"amount": amount}
"""

    def check(self, report: FileReport, settings: RuleSettings) -> Iterator[Finding]:
        for route in report.undecided:
            if route.domain is not None:
                subject = f"`{route.qualname}`" if route.qualname else "this registration"
                message = f"cannot tell whether {subject}{within(route.domain)} answers POST: {route.reason}"
                yield self.at(
                    route.place,
                    message,
                    domain=route.domain,
                    qualname=route.qualname,
                    domain_reason=route.domain_reason,
                    advice=route.settles or _SETTLES,
                )

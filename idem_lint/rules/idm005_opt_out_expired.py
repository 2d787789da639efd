"""IDM005: an opt-out past its date."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from idem_lint.result_types import FileReport, Finding
from idem_lint.rules.rule import Rule, RuleSettings, in_domain
from idem_lint.rules.shared_phrases import full_name


class OptOutExpired(Rule):
    code = "IDM005"
    name = "opt-out-expired"
    summary = "The `until=` of `@not_money_moving` lies in the past, or is not a date (YYYY-MM-DD)."
    why = (
        "An opt-out with a date is a promise to decide by then: a migration, a partner that cannot send keys yet. "
        "After the date the exception is over and ADR-007 holds again. The day itself still counts."
    )
    bad = """\
from fastapi import APIRouter

from idem_runtime import not_money_moving

router = APIRouter()


@router.post("/wallet/imports")
@not_money_moving(reason="dry run until the partner sends keys", until="2020-01-31")
def import_payments(batch: str) -> dict[str, str]:
    return {"batch": batch}
"""
    good = """\
from fastapi import APIRouter

from idem_runtime import not_money_moving

router = APIRouter()


@router.post("/wallet/imports")
@not_money_moving(reason="dry run until the partner sends keys", until="2999-12-31")
def import_payments(batch: str) -> dict[str, str]:
    return {"batch": batch}
"""

    def check(self, report: FileReport, settings: RuleSettings) -> Iterator[Finding]:
        for handler in in_domain(report):
            for until in dict.fromkeys(mark.until for mark in handler.marks if mark.until is not None):
                complaint = _complaint(until, settings.today)
                if complaint is not None:
                    yield self.on(handler, f"`{full_name(handler)}` {complaint[0]}", complaint[1])


def _complaint(until: str, today: date) -> tuple[str, str] | None:
    """What is wrong with an ``until=``, and what to write; the day itself is still inside."""
    try:
        last = date.fromisoformat(until)
    except ValueError:
        return (
            f'has until="{until}", which is no date: the opt-out would never end',
            'write until="YYYY-MM-DD"',
        )
    if today <= last:
        return None
    return (
        f"opted out of ADR-007 until {until}, which is over: a retry may move money twice",
        "put @money_moving in its place, or give a new date with a reason that still holds",
    )

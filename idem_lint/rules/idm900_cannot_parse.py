"""IDM900: a file that nobody has looked into."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from idem_lint.result_types import FileReport, Finding, Place
from idem_lint.rules.rule import Rule, RuleSettings


class CannotParse(Rule):
    code = "IDM900"
    name = "cannot-parse"
    summary = (
        "A file cannot be read or parsed, neither by this Python nor by LibCST (which reads newer syntax); or idem-lint "
        "itself failed on it (exit code 2)."
    )
    why = (
        "Handlers in it were not looked at, so the run must not count as clean: a check that skips what it cannot read "
        "lets the unread file move money (ADR-007 knows no such exception). Only naming IDM900 itself ignores it."
    )
    per_file = False
    by_comment = False
    bad = """\
from fastapi import APIRouter

router = APIRouter(


@router.post("/wallet/transfers")
def transfer(amount: int) -> dict[str, int]:
    return {"amount": amount}
"""
    good = """\
from fastapi import APIRouter

router = APIRouter()


@router.get("/wallet/limits")
def limits() -> dict[str, int]:
    return {"amount": 100}
"""

    def check(self, report: FileReport, settings: RuleSettings) -> Iterator[Finding]:
        if report.error is not None:
            message = f"cannot read this file, so its handlers are not judged: {report.error.what}"
            yield self.at(report.error.place, message, domain=report.domain, qualname=report.error.qualname)
        if report.fault is not None:
            yield self.fault(report.fault.place, report.fault.what, report.domain)

    def fault(self, place: Place, what: str, domain: str | None) -> Finding:
        """The finding where idem-lint itself failed."""
        message = (
            f"idem-lint failed here, so not all handlers of this file are judged; please report this: {what}"
        )
        return replace(self.at(place, message, domain=domain, qualname=""), is_fault=True)

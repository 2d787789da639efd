"""IDM101: an opt-out whose code writes money."""

from __future__ import annotations

from collections.abc import Iterator

from idem_lint.result_types import EntryPoint, FileReport, Finding, Write
from idem_lint.rules.rule import Rule, RuleSettings, in_domain
from idem_lint.rules.shared_phrases import doubt, full_name, on_a_chain

_ADVICE = "put @money_moving in its place; if this is no money, say so: money-models, docs/money.md"


class OptOutReachesLedger(Rule):
    code = "IDM101"
    name = "opt-out-reaches-ledger"
    summary = (
        "A handler marked `@not_money_moving` reaches code that writes money; the chain of calls is shown."
    )
    why = (
        "A missing mark is found at once; a mark that lies is not. The opt-out says that a retry does no harm, and three "
        "calls further a balance is changed or a payment is made: the retry moves money twice (ADR-007). An error where "
        "the write is sure (`@ledger_write`, `ledger-writes`), a warning where it is likely (docs/money.md)."
    )
    per_file = False
    follows_money = True
    bad = """\
from fastapi import APIRouter

from idem_runtime import ledger_write, not_money_moving

router = APIRouter()


@ledger_write
def book(account: str, amount: int) -> None: ...


def apply(account: str, amount: int) -> None:
    book(account, -amount)


@router.post("/wallet/corrections")
@not_money_moving(reason="a correction by the back office")
def correct(account: str, amount: int) -> None:
    apply(account, amount)
"""
    good = """\
from fastapi import APIRouter

from idem_runtime import ledger_write, money_moving

router = APIRouter()


@ledger_write
def book(account: str, amount: int) -> None: ...


def apply(account: str, amount: int) -> None:
    book(account, -amount)


@router.post("/wallet/corrections")
@money_moving
def correct(account: str, amount: int) -> None:
    apply(account, amount)
"""

    def check(self, report: FileReport, settings: RuleSettings) -> Iterator[Finding]:
        yield from (self._at_point(point, write) for point, write in _opted_out(report))
        for handler in in_domain(report):
            if handler.mark == "not_money_moving" and handler.money is not None and handler.money.found:
                write = handler.money.found[0]
                yield on_a_chain(
                    self.on(
                        handler,
                        f"`{full_name(handler)}` is marked @not_money_moving and writes money{doubt(write)}: {write.sink}",
                        _ADVICE,
                    ),
                    write,
                )

    def _at_point(self, point: EntryPoint, write: Write) -> Finding:
        name = point.qualname.replace(".<locals>", "")
        finding = self.at(
            point.place,
            f"`{name}` is marked @not_money_moving and writes money{doubt(write)}: {write.sink}",
            domain=point.domain,
            qualname=point.qualname,
            advice=_ADVICE,
            domain_reason=point.domain_reason,
        )
        return on_a_chain(finding, write)


def _opted_out(report: FileReport) -> Iterator[tuple[EntryPoint, Write]]:
    """The entry points with an opt-out that reach a write, but for those that are told as handlers of a domain."""
    for point in report.entry_points:
        is_told = point.is_handler and point.domain is not None
        if point.mark == "not_money_moving" and not is_told and point.money is not None:
            yield from ((point, write) for write in point.money.writes[:1])

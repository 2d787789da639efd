"""IDM102: money that is written where no marked handler of POST is."""

from __future__ import annotations

from collections.abc import Iterator

from idem_lint.result_types import EntryPoint, FileReport, Finding, Handler, Site, Write
from idem_lint.rules.rule import Rule, RuleSettings
from idem_lint.rules.shared_phrases import decide, doubt, full_name, on_a_chain, within


class UnguardedLedgerWrite(Rule):
    code = "IDM102"
    name = "unguarded-ledger-write"
    summary = (
        "Money is written where no marked handler of POST is: by a handler of another method or outside the "
        "domains, a task, a consumer, a command, a receiver, a schedule, a script."
    )
    why = (
        "Tasks and messages are delivered twice, commands and schedules are started twice, browsers repeat a GET; "
        "ADR-007 counts all of them among what moves money (payout and webhook jobs, imports), and a mark on the "
        "POST handlers alone does not reach them. An error where the write is sure (`@ledger_write`, "
        "`ledger-writes`), wherever the entry point is; a warning where it is likely (docs/money.md), and then "
        "only in a money domain, or with --strict-domains. Nothing is said of an entry point that is marked, that "
        "only calls functions which are, or that a marked one leads to; `idem-lint money` lists them all."
    )
    per_file = False
    follows_money = True
    bad = """\
from celery import shared_task

from idem_runtime import ledger_write


@ledger_write
def book(account: str, amount: int) -> None: ...


@shared_task
def accrue(account: str) -> None:
    book(account, 1)
"""
    good = """\
from celery import shared_task

from idem_runtime import ledger_write, money_moving
from idem_runtime.adapters.queues.celery import MoneyTask


@ledger_write
def book(account: str, amount: int) -> None: ...


@shared_task(base=MoneyTask, dead_letter_queue="dead")
@money_moving(
    operation="accrue", key=lambda account, day: f"{account}/{day}", principal=lambda account: account
)
def accrue(account: str, day: str) -> None:
    book(account, 1)
"""

    def check(self, report: FileReport, settings: RuleSettings) -> Iterator[Finding]:
        for point in report.entry_points:
            write = _unguarded(point)
            if write is not None and point.mark is None and not point.is_covered:
                yield on_a_chain(self._at_point(point, write), write)
        for handler in report.handlers:
            write = outside_domains(handler, settings)
            if write is not None:
                message = f"{_handler(handler)} and writes money without a mark on the way{doubt(write)}: {write.sink}"
                yield on_a_chain(self.on(handler, message, decide(handler)), write)

    def _at_point(self, point: EntryPoint, write: Write) -> Finding:
        return self.at(
            point.place,
            f"{subject(point)} and writes money without a mark on the way{doubt(write)}: {write.sink}",
            domain=point.domain,
            qualname=point.qualname,
            advice=point.advice,
            related=tuple(Site(place, "registered") for place in point.started),
            domain_reason=point.domain_reason,
        )


def outside_domains(handler: Handler, settings: RuleSettings) -> Write | None:
    """The write of an unmarked handler of POST that no domain judges: a sure one, or any with --strict-domains."""
    if handler.domain is not None or handler.marks or handler.hidden_test or handler.money is None:
        return None
    writes = handler.money.found
    return next((each for each in writes if each.certainty == "sure" or settings.strict_domains), None)


def subject(point: EntryPoint) -> str:
    """Who it is: "`accrue` is a Celery task in the wallet domain", "`refund` answers GET /refunds/{id}"."""
    name = f"`{point.qualname.replace('.<locals>', '')}`"
    domain = within(point.domain) if point.domain is not None else ""
    if point.kind != "handler":
        return f"{name} is {point.title}{domain}"
    route = f" {point.route}" if point.route else ""
    return f"{name} answers {' and '.join(point.methods)}{route}{domain}"


def _handler(handler: Handler) -> str:
    name = f"`{full_name(handler)}`"
    if handler.framework == "mcp":
        return f"{name} is an MCP tool outside every money domain"
    if handler.is_rpc:
        return f"{name} is an RPC outside every money domain"
    route = f" {handler.route}" if handler.route else ""
    return f"{name} answers POST{route} outside every money domain"


def _unguarded(point: EntryPoint) -> Write | None:
    writes = point.money.writes if point.money is not None else ()
    return next((write for write in writes if not write.guarded_by), None)

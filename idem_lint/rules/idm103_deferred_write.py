"""IDM103: a local money-moving handler whose write is carried out elsewhere."""

from __future__ import annotations

from collections.abc import Iterator

from idem_lint.result_types import FileReport, Finding
from idem_lint.rules.rule import Rule, RuleSettings, in_domain
from idem_lint.rules.shared_phrases import full_name, is_local, on_a_chain


class DeferredWrite(Rule):
    code = "IDM103"
    name = "deferred-write"
    summary = (
        "A local money-moving handler hands a write to a task, a thread or a queue, outside its transaction."
    )
    why = (
        '`effect="local"` promises that the write, the key and the answer are committed together. What a worker does '
        "later is in no such transaction: the answer is stored though the task may be lost, or runs twice (ADR-007)."
    )
    per_file = False
    follows_money = True
    severity = "warning"
    bad = """\
from fastapi import APIRouter, BackgroundTasks

from idem_runtime import ledger_write, money_moving

router = APIRouter()


@ledger_write
def book(amount: int) -> None: ...


@router.post("/wallet/transfers")
@money_moving
def transfer(amount: int, tasks: BackgroundTasks) -> dict[str, int]:
    tasks.add_task(book, amount)
    return {"amount": amount}
"""
    good = """\
from fastapi import APIRouter

from idem_runtime import ledger_write, money_moving

router = APIRouter()


@ledger_write
def book(amount: int) -> None: ...


@router.post("/wallet/transfers")
@money_moving
def transfer(amount: int) -> dict[str, int]:
    book(amount)
    return {"amount": amount}
"""

    def check(self, report: FileReport, settings: RuleSettings) -> Iterator[Finding]:
        for handler in in_domain(report):
            writes = handler.money.writes if handler.money is not None and is_local(handler) else ()
            write = next((each for each in writes if each.is_deferred), None)
            if write is not None:
                yield on_a_chain(
                    self.on(
                        handler,
                        f"`{full_name(handler)}` leaves a write to what runs later, outside its transaction: {write.sink}",
                        "write in the handler, or mark what runs later itself (docs/queues.md)",
                    ),
                    write,
                )

"""IDM106: a local money-moving handler that shows no way to the transaction that the runtime lends."""

from __future__ import annotations

from collections.abc import Iterator

from idem_lint.result_types import FileReport, Finding
from idem_lint.rules.example_code import with_lent_connection
from idem_lint.rules.rule import Rule, RuleSettings
from idem_lint.rules.shared_phrases import full_name

_ADVICE = (
    "take the connection from the Idempotency (idem.connection, idem.session, idem.lent; docs/runtime.md), or say "
    'connection="inside" in the mark where a function of another module takes it'
)


class NoWayToTransaction(Rule):
    code = "IDM106"
    name = "no-way-to-transaction"
    summary = "A local money-moving handler shows no way to the transaction that the runtime lends: start-up refuses it."
    why = (
        "What a handler writes through a session or connection of its own commits by itself, and the record of its key "
        "protects nothing: a retry pays twice (ADR-007). So start-up asks each local handler to show its way "
        "(docs/runtime.md, A handler shows where it gets its transaction), and this says it before anything is started. "
        "Silent where the source does not tell, where the project makes no Idempotency, where `idem.join`, "
        "`idem.sessions`, `idem.sessionmaker`, `pool=` or `using=` make the application's own sessions part of the "
        "transaction, and in Django, whose connection is ours."
    )
    per_file = False
    bad = """\
import psycopg
from fastapi import APIRouter

from idem_runtime import Idempotency, money_moving

router = APIRouter()
idem = Idempotency("postgresql://…", principal=lambda request: request.state.user)


@router.post("/wallet/transfers")
@money_moving
def transfer(amount: int) -> int:
    with psycopg.connect("postgresql://…") as db:
        db.execute("select 1")
    return amount
"""
    good = with_lent_connection('db.execute("select 1")\n')

    def check(self, report: FileReport, settings: RuleSettings) -> Iterator[Finding]:
        for handler in report.handlers:
            if not handler.shows_connection:
                yield self.on(
                    handler,
                    f"`{full_name(handler)}` is @money_moving with a local effect, and nothing in it, in its dependencies "
                    "or in its module leads to the transaction that the runtime lends: start-up refuses it",
                    _ADVICE,
                )

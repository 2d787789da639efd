"""IDM104: a local money-moving handler that commits or rolls back what the runtime lends it."""

from __future__ import annotations

from collections.abc import Iterator

from idem_lint.result_types import FileReport, Finding
from idem_lint.rules.example_code import with_lent_connection
from idem_lint.rules.rule import Rule, RuleSettings
from idem_lint.rules.shared_phrases import full_name, on_a_chain


class HandlerEndsTransaction(Rule):
    code = "IDM104"
    name = "handler-ends-transaction"
    summary = "A local money-moving handler reaches `commit()` or `rollback()` on the connection or session that it is lent."
    why = (
        "The effect, the key and the answer are one transaction, which the runtime commits when all three are there. "
        "A handler that ends it would keep the effect and lose the key: a retry pays twice (ADR-007). At run time the "
        "statement is refused, and the request answers 500 `transaction_broken`; this says it before anybody pays. "
        "Sessions of your own on a joined engine may commit: that is a savepoint there (docs/sqlalchemy.md)."
    )
    per_file = False
    follows_money = True
    bad = with_lent_connection(
        """\
db.execute("update account set held = held + 1")
db.commit()
"""
    )
    good = with_lent_connection(
        """\
with db.transaction():  # a savepoint
    db.execute("update account set held = held + 1")
"""
    )

    def check(self, report: FileReport, settings: RuleSettings) -> Iterator[Finding]:
        for handler in report.handlers:
            if handler.ends is not None:
                message = f"`{full_name(handler)}` ends the transaction that it is lent: {handler.ends.sink}"
                yield on_a_chain(self.on(handler, message, _ADVICE), handler.ends)


_ADVICE = (
    "leave commit and rollback to the runtime; db.transaction() (session.begin_nested()) undoes a part, and what is "
    "raised undoes all of it (docs/runtime.md)"
)

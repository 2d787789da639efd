"""IDM104: a local money-moving handler that ends the transaction which the runtime lends it."""

from __future__ import annotations

from collections.abc import Iterator

from idem_lint.result_types import FileReport, Finding
from idem_lint.rules.example_code import with_lent_connection
from idem_lint.rules.rule import Rule, RuleSettings
from idem_lint.rules.shared_phrases import full_name, on_a_chain


class HandlerEndsTransaction(Rule):
    code = "IDM104"
    name = "handler-ends-transaction"
    summary = (
        "A local money-moving handler ends the transaction of the connection or session that it is lent: `commit()`, "
        "`rollback()`, `close()`, `session.begin()`, `with db:`, an `ExitStack` that enters it, `autocommit`."
    )
    why = (
        "The effect, the key and the answer are one transaction, which the runtime commits when all three are there. "
        "A handler that ends it would keep the effect and lose the key: a retry pays twice (ADR-007). At run time that "
        "is refused, and every request answers 500; this says it before anybody pays. The handler's own code is followed, "
        "what it calls, and the project's decorators and context managers around both. "
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
    "leave that to the runtime, which commits, undoes and closes; db.transaction() (session.begin_nested()) undoes a part, "
    "and what is raised undoes all of it (docs/runtime.md)"
)

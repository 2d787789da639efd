"""An inventory with an entry point of every standing, and what an attacker would write into a code base."""

from __future__ import annotations

from dataclasses import replace

from idem_lint.result_types import EntryPoint, MoneyPaths, Place, Site, Step, Write
from idem_lint.run_results import Inventory
from tests.lint.front.values import handler, mark, opt_out, place, undecided

LEDGER = place(30, file="bank/ledger.py")
CHAIN = (
    Step("transfer", place(12), "ledger.post(…)"),
    Step("Ledger.post", LEDGER, "account.balance -= …"),
)
BALANCE = Write("balance", "account.balance -= …", LEDGER, "likely", CHAIN)
SURE = Write("ledger", "post(…)", place(31, file="bank/ledger.py"), "sure", CHAIN)
LATER = replace(SURE, is_deferred=True, place=place(40, file="bank/tasks.py"))
GUARDED = replace(BALANCE, guarded_by="Ledger.post")
TASK = EntryPoint(
    place(20, file="wallet/tasks.py"),
    "accrue",
    "task",
    "a Celery task",
    "mark it",
    "wallet",
    started=(place(3, file="wallet/beat.py"),),
    money=MoneyPaths((BALANCE,)),
)
FULL = Inventory(
    handlers=(
        handler(
            qualname="routes.<locals>.pay",
            money=MoneyPaths((BALANCE, SURE), ("hook(…)",), is_complete=False),
            registered=(place(14, file="core/app.py"),),
            routes=("/wallet/payments", "/v1/wallet/payments"),
            domain_reason="the word `wallet` of wallet/routes.py",
        ),
        handler(opt_out(until="2031-05-01"), qualname="lie", route="/wallet/lie", money=MoneyPaths((LATER,))),
        handler(qualname="hint", route="/wallet/hint", money=MoneyPaths((), ("a", "b"), is_named=True)),
        handler(qualname="undecided_yet", route="/wallet/x", money=MoneyPaths()),
        handler(qualname="topup", route="/wallet/topup", money=MoneyPaths((GUARDED,))),
        handler(mark(), route="/wallet/transfers", money=MoneyPaths((BALANCE,))),
        handler(mark(), route="/wallet/odd", qualname="odd"),
        handler(
            opt_out(until="2020-01-31"),
            qualname="over",
            route="/loans/quote",
            domain="lending",
            place=place(60, file="loans.py"),
        ),
        handler(
            opt_out(reason=None, until="soon"), qualname="unreasoned", route="/loans/rate", domain="lending"
        ),
        handler(opt_out(), qualname="for_ever", route="/loans/faq", domain="lending"),
        handler(mark(problem="it stands above"), qualname="note", route=None, domain=None),
        handler(qualname="bank.Ledger/Post", route="/bank.Ledger/Post", is_rpc=True, domain=None),
    ),
    undecided=(undecided(place=place(50)), undecided(place=place(51), qualname="")),
    unparsed=(Site(Place("wallet/broken.py", 3, 1), "invalid syntax"),),
    faults=(Site(Place("wallet/odd.py", 1, 1), "RecursionError"),),
    entry_points=(
        TASK,
        replace(TASK, qualname="later", is_covered=True, money=MoneyPaths((BALANCE,))),
        replace(TASK, qualname="show", kind="handler", title="", methods=("GET",), route="/a", money=None),
        replace(TASK, qualname="list", kind="handler", title="", methods=("GET",), domain=None, money=None),
    ),
)
EMPTY = Inventory((), (), ())
SAFE = Inventory((handler(mark(), money=MoneyPaths((BALANCE,))),), (), ())
QUIET = Inventory((handler(opt_out()),), (), ())

ATTACKS = (
    "<script>document.title='run'</script>",
    '"><img src=x onerror="document.title=1">',
    "' onmouseover='document.title=1",
    "</title></style></script><script>document.title='run'</script>",
    "javascript:document.title='run'",
    "&lt;b&gt; &amp; <!-- \u202e\u0000\x1b[2J",
)


def hostile(text: str) -> Inventory:
    """An inventory whose every text is ``text``."""
    where = Place(text, 1, 1)
    chain = (Step(text, where, text), Step(text, where, text))
    money = MoneyPaths((Write(text, text, where, "likely", chain, guarded_by=""),), (text,))
    bad_mark = opt_out(reason=text, until=text, place=where)
    words = {"place": where, "qualname": text, "route": text, "domain": text, "domain_reason": text}
    return Inventory(
        handlers=(
            handler(**words, framework=text, money=money, registered=(where,), routes=(text,)),
            handler(bad_mark, mark(problem=text), **words, framework=text),
        ),
        undecided=(undecided(place=where, qualname=text, reason=text, framework=text, domain=text),),
        unparsed=(Site(where, text),),
        faults=(Site(where, text),),
        entry_points=(
            EntryPoint(where, text, "task", text, text, text, text, started=(where,), money=money),
            EntryPoint(where, text, "handler", "", text, text, text, methods=(text,), route=text),
        ),
    )

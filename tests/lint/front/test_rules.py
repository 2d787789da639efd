"""What each rule says about a handler, whatever framework it comes from."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from idem_lint.finding.interface import AT_REGISTRATION
from idem_lint.result_types import FileReport, Handler, Site
from idem_lint.rules import RuleSettings, find, judge
from tests.lint.front.values import handler, lookalike, mark, opt_out, place, report, undecided

TODAY = date(2026, 3, 1)
ABOVE = "it stands above @router.post, which registered the function below it"


def codes(file: FileReport) -> list[str]:
    return [finding.code for finding in judge([file], RuleSettings(TODAY))]


def message(file: FileReport) -> str:
    (finding,) = judge([file], RuleSettings(TODAY))
    return finding.sentence


CASES: list[tuple[str, Handler, list[str]]] = [
    ("unmarked", handler(), ["IDM001"]),
    ("unmarked, inherited", handler(evidence="inherited"), ["IDM001"]),
    ("unmarked, any method", handler(evidence="any-method"), ["IDM007"]),
    ("unmarked, outside the domains", handler(domain=None), []),
    ("marked", handler(mark()), []),
    ("opted out", handler(opt_out()), []),
    ("any method, marked", handler(mark(), evidence="any-method", methods=("GET", "POST")), []),
    ("both marks", handler(mark(), opt_out()), ["IDM002"]),
    ("both marks, one without effect", handler(mark(problem=ABOVE), opt_out()), ["IDM002", "IDM003"]),
    ("the same mark twice", handler(mark(), mark()), []),
    (
        "a mark under a condition leaves the handler without one",
        handler(mark(problem="applies the mark only under a condition", conditional=True)),
        ["IDM001", "IDM003"],
    ),
    (
        "a mark under a condition above one in force",
        handler(mark(), mark(problem="applies the mark only under a condition", conditional=True)),
        ["IDM003"],
    ),
    ("a mark without effect speaks alone", handler(mark(problem=ABOVE)), ["IDM003"]),
    ("any method and a mark without effect", handler(mark(problem=ABOVE), evidence="any-method"), ["IDM003"]),
    (
        "two marks without effect are one finding",
        handler(mark(problem=ABOVE), mark(problem=ABOVE)),
        ["IDM003"],
    ),
    ("a spare mark above one in force", handler(mark(), mark(problem=ABOVE)), ["IDM003"]),
    ("a mark without effect, outside the domains", handler(mark(problem=ABOVE), domain=None), []),
    ("no reason", handler(opt_out(has_reason=False)), ["IDM004"]),
    ("no reason on @money_moving is none needed", handler(mark(has_reason=False)), []),
    ("no reason, outside the domains", handler(opt_out(has_reason=False), domain=None), []),
    ("until yesterday", handler(opt_out(until="2026-02-28")), ["IDM005"]),
    ("until today", handler(opt_out(until="2026-03-01")), []),
    ("until no date", handler(opt_out(until="next spring")), ["IDM005"]),
    ("the same until twice", handler(opt_out(until="x"), opt_out(until="x")), ["IDM005"]),
    ("money on GET", handler(mark(), methods=("GET", "POST")), ["IDM008"]),
    ("money on HEAD", handler(mark(), methods=("HEAD", "POST")), ["IDM008"]),
    ("money on GET, mark without effect", handler(mark(problem=ABOVE), methods=("GET", "POST")), ["IDM003"]),
    ("an opt-out on GET", handler(opt_out(), methods=("GET", "POST")), []),
    ("a lookalike speaks alone", handler(lookalikes=(lookalike(),)), ["IDM010"]),
    ("a lookalike above a mark", handler(mark(), lookalikes=(lookalike(),)), ["IDM010"]),
    ("any method and a lookalike", handler(lookalikes=(lookalike(),), evidence="any-method"), ["IDM010"]),
    ("a lookalike outside the domains", handler(lookalikes=(lookalike(),), domain=None), []),
]


@pytest.mark.parametrize(
    ("judged", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_a_handler_has_exactly_these_findings(judged: Handler, expected: list[str]) -> None:
    assert codes(report(judged)) == expected


BLANKET = {7: Site(place(7, 40), "# noqa")}
OWN = (Site(place(9, 12), "it reads the header Idempotency-Key", "transfer"),)
FILES: list[tuple[str, FileReport, list[str]]] = [
    ("an undecided route", report(undecided=(undecided(),)), ["IDM006"]),
    ("an undecided route outside the domains", report(undecided=(undecided(domain=None),)), []),
    ("own idempotency", report(own_idempotency=OWN), ["IDM009"]),
    ("own idempotency outside the domains", report(domain=None, own_idempotency=OWN), []),
    ("a blanket comment", report(handler(mark()), blanket_noqa=BLANKET), ["IDM011"]),
    ("a blanket comment elsewhere", report(handler(mark(), place=place(8)), blanket_noqa=BLANKET), []),
    ("a blanket comment outside the domains", report(handler(domain=None), blanket_noqa=BLANKET), []),
    (
        "a file that cannot be read",
        report(domain=None, error=Site(place(3, 1), "invalid syntax")),
        ["IDM900"],
    ),
]


@pytest.mark.parametrize(("file", "expected"), [case[1:] for case in FILES], ids=[case[0] for case in FILES])
def test_a_file_has_exactly_these_findings(file: FileReport, expected: list[str]) -> None:
    assert codes(file) == expected


def test_a_finding_stands_at_the_name_of_its_handler() -> None:
    (finding,) = judge([report(handler(place=place(12, 9)))], RuleSettings(TODAY))
    assert (finding.file, finding.line, finding.column) == ("wallet/routes.py", 12, 9)
    assert (finding.domain, finding.qualname) == ("wallet", "transfer")


PACKAGES_VIEW: dict[str, Any] = {
    "qualname": "bank.views.transfer",
    "is_defined": False,
    "advice": AT_REGISTRATION,
}
MESSAGES: list[tuple[str, FileReport, list[str]]] = [
    ("says where to put the mark", report(handler()), ["put @money_moving directly above `def transfer`"]),
    ("names an RPC", report(handler(is_rpc=True)), ["is an RPC in the wallet domain"]),
    (
        "names a method",
        report(handler(qualname="Transfers.post")),
        ["`Transfers.post` answers", "above `def post`"],
    ),
    (
        "names the route",
        report(handler()),
        ["`transfer` answers POST /wallet/transfers in the wallet domain"],
    ),
    (
        "names no domain where every module counts",
        report(handler(domain="all")),
        ["`transfer` answers POST /wallet/transfers without a mark"],
    ),
    (
        "names no route where none is known",
        report(handler(route=None)),
        ["answers POST in the wallet domain"],
    ),
    (
        "names the function around",
        report(handler(qualname="crud_router.<locals>.create")),
        ["`crud_router.create` answers", "above `def create`"],
    ),
    (
        "says what registers it",
        report(handler(registered=(place(14, file="core/app.py"), place(3, file="core/b.py")))),
        ["; registered in core/app.py:14 and core/b.py:3; put"],
    ),
    (
        "names three of many places",
        report(handler(registered=tuple(place(line, file="a.py") for line in range(1, 6)))),
        ["registered in a.py:1, a.py:2, a.py:3 and 2 more places"],
    ),
    (
        "names three and one more place",
        report(handler(registered=tuple(place(line, file="a.py") for line in range(1, 5)))),
        ["registered in a.py:1, a.py:2, a.py:3 and 1 more place;"],
    ),
    (
        "wraps what is defined elsewhere",
        report(handler(**PACKAGES_VIEW)),
        [
            "`bank.views.transfer` answers",
            "wrap it where it is registered: money_moving(bank.views.transfer)",
        ],
    ),
    (
        "names unknown decorators",
        report(handler(unknown_decorators=("@audited", "limits.rate(3)"))),
        ["@audited or @limits.rate(3)", "extend-marks"],
    ),
    ("wraps a lambda", report(handler(qualname="urls.<lambda>")), ["money_moving(lambda …)"]),
    (
        "marks a class as its framework advises",
        report(handler(evidence="inherited", qualname="Pay", advice="put @{mark} above `class {name}`")),
        ["put @money_moving above `class Pay`, or"],
    ),
    (
        "names the method where only one of its own can be marked",
        report(handler(evidence="inherited", qualname="Pay", inherited=("mutate",))),
        ["give `class Pay` a `mutate` that goes on to super().mutate(…), and put @money_moving above it"],
    ),
    (
        "says what works where the runtime serves no such framework",
        report(handler(framework="cherrypy", has_adapter=False, qualname="Pay.post")),
        [
            "put @money_moving(operation=…, key=…, principal=…) on the function that moves the money",
            'put @not_money_moving(reason="… is marked") directly above `def post`',
            "because the runtime has no adapter for cherrypy (docs/runtime.md, Frameworks without an adapter)",
            'if it moves no money, @not_money_moving(reason="…") is enough',
        ],
    ),
    (
        "says it of an idle mark, too",
        report(handler(mark(problem=ABOVE), framework="cherrypy", has_adapter=False)),
        ["a retry would run it twice (ADR-007); put @money_moving(operation=", "no adapter for cherrypy"],
    ),
    ("restricts a view", report(handler(evidence="any-method")), ["restrict it", "methods=[…]"]),
    (
        "restricts a Django view",
        report(handler(evidence="any-method", framework="django")),
        ["at /wallet/transfers, POST included", "@require_GET"],
    ),
    (
        "restricts a package's view",
        report(handler(**PACKAGES_VIEW, evidence="any-method", framework="django", route=None)),
        [
            "every method, POST",
            "where it is registered, require_GET(bank.views.transfer); or wrap it",
            "where it is registered: money_moving(bank.views.transfer)",
        ],
    ),
    (
        "restricts a lambda",
        report(handler(evidence="any-method", framework="django", qualname="<lambda>")),
        ["where it is registered, require_GET(lambda …); or wrap the lambda where it is registered"],
    ),
    (
        "names both marks",
        report(handler(mark(), opt_out())),
        ["`money_moving` (line 6) and `not_money_moving` (line 6)"],
    ),
    (
        "says why a mark is idle",
        report(handler(mark(problem=ABOVE))),
        [f"because {ABOVE}", "above `def transfer`"],
    ),
    ("deletes a spare mark", report(handler(mark(), mark(problem=ABOVE))), ["delete the other"]),
    (
        "says where an opt-out belongs",
        report(handler(opt_out(problem=ABOVE))),
        ["nothing is on record", "put @not_money_moving(reason=…) directly above"],
    ),
    ("asks for a reason", report(handler(opt_out(has_reason=False))), ['reason="why running it twice']),
    ("says when it ended", report(handler(opt_out(until="2026-02-28"))), ["until 2026-02-28, which is over"]),
    (
        "says what a date is",
        report(handler(opt_out(until="soon"))),
        ['until="soon", which is no date', "YYYY-MM-DD"],
    ),
    ("gives the reason", report(undecided=(undecided(),)), ["`transfer`", "its methods come from a call"]),
    (
        "has no name to give",
        report(undecided=(undecided(qualname=""),)),
        ["this registration in the wallet domain"],
    ),
    (
        "names the method",
        report(handler(mark(), methods=("GET", "HEAD", "POST"))),
        ["reached by GET and HEAD: "],
    ),
    ("says what is home-made", report(own_idempotency=OWN), ["it reads the header Idempotency-Key"]),
    (
        "says whose it is",
        report(handler(lookalikes=(lookalike(),))),
        [
            "`decorators.money_moving` (line 6) leads to bank.decorators.money_moving, not",
            "import money_moving from",
        ],
    ),
    (
        "says what was meant",
        report(handler(lookalikes=(lookalike("NotMoneyMoving"),))),
        ["import not_money_moving from"],
    ),
    (
        "quotes the comment",
        report(handler(mark()), blanket_noqa=BLANKET),
        ["`# noqa` (line 7) on `transfer`"],
    ),
    ("says what broke", report(error=Site(place(3, 1), "invalid syntax")), ["not judged: invalid syntax"]),
]


@pytest.mark.parametrize(
    ("file", "parts"), [case[1:] for case in MESSAGES], ids=[case[0] for case in MESSAGES]
)
def test_a_message_is_one_line_that(file: FileReport, parts: list[str]) -> None:
    text = message(file)
    assert "\n" not in text
    assert [part for part in parts if part not in text] == [], text


@pytest.mark.parametrize("name", ["IDM003", "idm003", "ineffective-mark", "Ineffective-Mark"])
def test_a_rule_is_found_by_code_or_name(name: str) -> None:
    rule = find(name)
    assert rule is not None
    assert rule.code == "IDM003"


def test_an_unknown_rule_is_not_found() -> None:
    assert find("IDM") is None

"""The reports of findings: text, JSON, GitHub, GitLab. SARIF has a file of its own."""

from __future__ import annotations

import json
from typing import Any

import pytest

from idem_lint.reports import finding_report
from idem_lint.reports.report_rows import View
from idem_lint.result_types import Finding, Place, Site
from idem_lint.rules import RULES
from idem_lint.run_results import CheckResult
from idem_lint.running.cli_options import FINDING_FORMATS
from tests.lint.front.values import finding, result

VIEW = View(lambda: RULES, "1.2.3")
LINE = "async def transfer(amount: int):"


def lines(name: str, shown: CheckResult, **view: Any) -> list[str]:
    return list(finding_report(name)(shown, View(lambda: RULES, "1.2.3", **view)))


def document(name: str, shown: CheckResult) -> Any:
    return json.loads("\n".join(lines(name, shown)))


def excerpt(source: str, column: int = 11, **more: Any) -> CheckResult:
    found = finding(column=column, **more)
    return result(found, excerpts={(found.file, found.line): source})


@pytest.mark.parametrize("name", FINDING_FORMATS)
def test_every_format_reports_the_finding_with_its_code_and_place(name: str) -> None:
    text = "\n".join(lines(name, result(finding(line=4321))))
    assert "IDM001" in text
    assert "4321" in text


def test_text_shows_place_message_source_and_a_caret_under_the_name() -> None:
    assert lines("text", excerpt(LINE)) == [
        "wallet/routes.py:7:11: IDM001 `transfer` answers POST",
        "    async def transfer(amount: int):",
        "              ^",
        "1 finding in 1 file (3 files checked)",
    ]


@pytest.mark.parametrize(
    ("source", "column", "shown", "caret"),
    [
        ("        def post(self):", 13, "def post(self):", "    ^"),
        ("\tdef post(self):", 6, "def post(self):", "    ^"),
        ("if x:\tdef_()", 7, "if x:\tdef_()", "     \t^"),
        ('name = "支払"; pay()', 14, 'name = "支払"; pay()', "               ^"),
        ("cafe\u0301 = pay", 9, "cafe\u0301 = pay", "       ^"),
        ("é\t= pay", 5, "é\t= pay", " \t  ^"),
        ("def f(): ...\x1b[31m", 5, "def f(): ...\\x1b[31m", "    ^"),
        ("def f(): ...", 13, "def f(): ...", "            ^"),
        ("def f(): ...", 99, "def f(): ...", "            ^"),
        ("        pass", 1, "pass", "^"),
        ("x" * 121, 120, "x" * 120 + "…", " " * 119 + "^"),
        ("a" * 140 + "b" * 200, 141, "…" + "a" * 60 + "b" * 60 + "…", " " * 61 + "^"),
    ],
)
def test_the_caret_stands_under_its_column(source: str, column: int, shown: str, caret: str) -> None:
    assert lines("text", excerpt(source, column))[1:3] == [f"    {shown}", f"    {caret}"]


def test_text_without_a_source_line_has_no_caret() -> None:
    assert lines("text", result(finding()))[1] == "1 finding in 1 file (3 files checked)"


def test_text_shows_a_note_under_its_finding() -> None:
    found = finding()
    assert lines("text", result(found, notes={found: "the comment is elsewhere"}))[1] == (
        "    note: the comment is elsewhere"
    )


REGISTERED = Site(Place("core/app.py", 14, 5), "registered")


def test_text_says_where_it_is_registered_and_what_to_write() -> None:
    more: dict[str, Any] = {"related": (REGISTERED,), "domain_reason": "the folder wallet"}
    assert lines("text", excerpt(LINE, 11, advice="put @money_moving above it", **more))[2:6] == [
        "              ^",
        "    registered in core/app.py:14",
        "    wallet domain: the folder wallet",
        "    fix: put @money_moving above it",
    ]


def test_text_gives_no_reason_for_a_domain_where_every_module_counts() -> None:
    shown = excerpt(
        LINE, 11, advice="put @money_moving above it", domain="all", domain_reason="--all-domains"
    )
    assert lines("text", shown)[2:4] == ["              ^", "    fix: put @money_moving above it"]


def test_a_terminal_gets_whole_words_in_lines_that_fit_and_findings_that_stand_apart() -> None:
    shown = excerpt(
        LINE + " ...", 11, message="`transfer` " + "answers POST " * 5, advice="put @money_moving " * 4
    )
    assert lines("text", shown, width=60) == [
        "wallet/routes.py:7:11: IDM001 `transfer` answers POST",
        "    answers POST answers POST answers POST answers POST",
        "    async def transfer(amount: int): ...",
        "              ^",
        "    fix: put @money_moving put @money_moving put",
        "         @money_moving put @money_moving",
        "",
        "1 finding in 1 file (3 files checked)",
    ]


def test_a_terminal_shows_the_part_of_a_long_source_line_that_is_meant() -> None:
    assert lines("text", excerpt("x" * 80 + " = transfer()", 84), width=60)[1:3] == [
        "    …" + "x" * 24 + " = transfer()",
        "    " + " " * 28 + "^",
    ]


@pytest.mark.parametrize("name", ["json", "github", "gitlab"])
def test_a_report_of_one_line_a_finding_says_all_in_it(name: str) -> None:
    shown = result(finding(advice="put @money_moving above it", related=(REGISTERED,)))
    sentence = "`transfer` answers POST; registered in core/app.py:14; put @money_moving above it"
    assert sentence in "\n".join(lines(name, shown))


def test_json_has_the_places_that_belong_to_a_finding() -> None:
    (row,) = document("json", result(finding(advice="mark it", related=(REGISTERED,))))["findings"]
    assert row["advice"] == "mark it"
    assert row["related"] == [{"file": "core/app.py", "line": 14, "column": 5, "what": "registered"}]


def test_text_is_coloured_only_when_asked() -> None:
    assert not any("\x1b" in line for line in lines("text", excerpt(LINE)))
    coloured = lines("text", excerpt(LINE, advice="mark it"), colour=True)
    assert coloured[0].startswith("\x1b[1mwallet/routes.py:7:11:\x1b[0m \x1b[31mIDM001\x1b[0m ")
    assert coloured[2].endswith("^\x1b[0m")
    assert coloured[3] == "    \x1b[32mfix:\x1b[0m mark it"


def test_a_file_name_cannot_steer_the_terminal() -> None:
    text = "\n".join(lines("text", result(finding(file="wallet/\x1b]0;title\x07.py", message="a\nb"))))
    assert "\x1b" not in text
    assert "\\x1b]0;title\\x07" in text
    assert "a\\nb" in text


def test_statistics_count_by_code_most_first() -> None:
    many = result(finding("IDM003"), finding("IDM001"), finding("IDM003", line=9), finding("IDM002"))
    assert lines("text", many, statistics=True)[-4:-1] == [
        "    2  IDM003 ineffective-mark",
        "    1  IDM001 unmarked-money-post",
        "    1  IDM002 contradictory-marks",
    ]


@pytest.mark.parametrize(
    ("shown", "summary"),
    [
        (result(), "No findings: 3 files checked, 2 of them in a money domain"),
        (result(files=1, in_domain=1), "No findings: 1 file checked, 1 of them in a money domain"),
        (
            result(in_domain=0),
            "No findings: 3 files checked, none of them in a money domain (see `domains` in [tool.idem-lint])",
        ),
        (
            result(suppressed=((finding(), "# noqa: IDM001"),)),
            "No findings: 3 files checked, 2 of them in a money domain, 1 finding suppressed by noqa",
        ),
        (
            result(finding(), finding(file="b.py"), suppressed=((finding(), "# noqa"),) * 2),
            "2 findings in 2 files (3 files checked, 2 findings suppressed by noqa)",
        ),
    ],
)
def test_the_summary_says_what_was_looked_at(shown: CheckResult, summary: str) -> None:
    assert lines("text", shown)[-1] == summary


def test_a_warning_has_another_colour_than_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(RULES[0]), "severity", "warning")
    assert "\x1b[33mIDM001" in lines("text", result(finding()), colour=True)[0]


def test_json_has_every_field() -> None:
    shown = result(finding(), suppressed=((finding("IDM003", domain=None), "# noqa: IDM003"),))
    first = {
        "code": "IDM001",
        "file": "wallet/routes.py",
        "line": 7,
        "column": 5,
        "message": "`transfer` answers POST",
        "domain": "wallet",
        "domain_reason": "",
        "qualname": "transfer",
        "advice": "",
        "severity": "error",
        "chain": [],
        "related": [],
    }
    assert document("json", shown) == {
        "version": "1.2.3",
        "files": 3,
        "findings": [first],
        "suppressed": [{**first, "code": "IDM003", "domain": None, "comment": "# noqa: IDM003"}],
        "unread": [],
    }


def test_json_is_ascii() -> None:
    assert "\n".join(lines("json", result(finding(message="lambda …")))).isascii()


def test_github_writes_one_command_a_finding() -> None:
    assert lines("github", result(finding())) == [
        "::error file=wallet/routes.py,line=7,col=5,title=IDM001 unmarked-money-post::IDM001 `transfer` answers POST",
        "idem-lint: 1 finding, 3 files checked",
    ]


def test_github_escapes_what_would_end_a_property_or_a_command() -> None:
    command = lines("github", result(finding(file="a,b:c%.py", message="50%\r\nmore: a,b\x1b")))[0]
    assert command.startswith("::error file=a%2Cb%3Ac%25.py,line=7,")
    assert command.endswith("::IDM001 50%25%0D%0Amore: a,b\\x1b")


def test_gitlab_lists_path_line_and_severity() -> None:
    (row,) = document("gitlab", result(finding()))
    assert len(row.pop("fingerprint")) == 64
    assert row == {
        "description": "IDM001 `transfer` answers POST",
        "check_name": "IDM001 unmarked-money-post",
        "severity": "critical",
        "location": {"path": "wallet/routes.py", "lines": {"begin": 7}},
    }


def fingerprints(*findings: Finding) -> list[str]:
    return [row["fingerprint"] for row in document("gitlab", result(*findings))]


def test_a_fingerprint_stays_when_code_moves_or_words_change() -> None:
    assert fingerprints(finding()) == fingerprints(finding(line=70, column=9, message="other words"))


@pytest.mark.parametrize("more", [{"code": "IDM003"}, {"file": "b.py"}, {"qualname": "other"}])
def test_a_fingerprint_differs_by_rule_file_and_name(more: dict[str, str]) -> None:
    assert fingerprints(finding()) != fingerprints(finding(**more))


def test_fingerprints_of_one_run_are_unique() -> None:
    same = fingerprints(finding(), finding(line=9), finding(line=11))
    assert len(set(same)) == 3


def test_a_clean_run_is_an_empty_list_in_gitlab() -> None:
    assert document("gitlab", result()) == []

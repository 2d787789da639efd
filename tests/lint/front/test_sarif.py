"""SARIF is held against the schema of OASIS and against the limits of GitHub."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from idem_lint.reports import finding_report, sarif
from idem_lint.reports.report_rows import View
from idem_lint.result_types import Site
from idem_lint.rules import RULES
from idem_lint.run_results import CheckResult
from tests.lint.front.values import finding, place, result

ROOT = Path(__file__).parents[3]
SCHEMA = ROOT / "tests" / "data" / "sarif-schema-2.1.0.json"


def run_of(shown: CheckResult) -> dict[str, Any]:
    (text,) = finding_report("sarif")(shown, View(lambda: RULES, "1.2.3"))
    (run,) = json.loads(text)["runs"]
    return dict(run)


@pytest.fixture(scope="module")
def validator() -> jsonschema.Draft4Validator:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    jsonschema.Draft4Validator.check_schema(schema)
    return jsonschema.Draft4Validator(schema, format_checker=jsonschema.FormatChecker())


@pytest.mark.parametrize(
    "shown",
    [
        result(),
        result(finding(), finding("IDM900", domain=None, qualname="")),
        result(finding(file="/else/where ü.py"), suppressed=((finding("IDM003"), "# noqa: IDM003"),)),
        result(*(finding(line=line) for line in range(1, 7))),
        result(finding(advice="mark it", related=(Site(place(14), "registered"),))),
    ],
    ids=["clean", "findings", "suppressed", "cut", "related"],
)
def test_it_is_valid(
    shown: CheckResult, validator: jsonschema.Draft4Validator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sarif, "SHOWN", 4)
    monkeypatch.setattr(sarif, "ACCEPTED", 5)
    (text,) = finding_report("sarif")(shown, View(lambda: RULES, "1.2.3"))
    assert [error.message for error in validator.iter_errors(json.loads(text))] == []


def test_a_clean_run_declares_all_rules_and_has_an_empty_list() -> None:
    run = run_of(result())
    assert run["results"] == []
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == [rule.code for rule in RULES]
    assert run["invocations"][0]["executionSuccessful"] is True
    assert run["columnKind"] == "unicodeCodePoints"


def test_a_rule_has_help_in_markdown_and_few_tags() -> None:
    for rule in run_of(result())["tool"]["driver"]["rules"]:
        assert "```python" in rule["help"]["markdown"]
        assert 1 <= len(rule["properties"]["tags"]) <= 20


def test_a_rule_says_all_of_its_help_itself_and_links_nowhere() -> None:
    declared = run_of(result())["tool"]["driver"]["rules"]
    for rule, shown in zip(RULES, declared, strict=True):
        assert "helpUri" not in shown
        for text in (shown["help"]["text"], shown["help"]["markdown"]):
            assert [part for part in (rule.why, rule.bad, rule.good) if part not in text] == []


def test_a_result_shows_where_its_handler_is_registered() -> None:
    related = (Site(place(14, 3, "core/app.py"), "registered"), Site(place(20, 1), "registered"))
    (row,) = run_of(result(finding(related=related)))["results"]
    assert [shown["id"] for shown in row["relatedLocations"]] == [1, 2]
    assert row["relatedLocations"][0]["message"] == {"text": "registered here"}
    assert row["relatedLocations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "core/app.py", "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 14, "startColumn": 3},
    }


def test_a_result_points_at_its_rule_and_place() -> None:
    (row,) = run_of(result(finding("IDM003")))["results"]
    assert RULES[row["ruleIndex"]].code == row["ruleId"] == "IDM003"
    location = row["locations"][0]
    assert location["physicalLocation"]["region"] == {"startLine": 7, "startColumn": 5}
    assert location["logicalLocations"] == [{"fullyQualifiedName": "transfer"}]
    assert "suppressions" not in row


def test_a_finding_without_a_name_has_no_logical_location() -> None:
    (row,) = run_of(result(finding(qualname="")))["results"]
    assert "logicalLocations" not in row["locations"][0]


@pytest.mark.parametrize(
    ("file", "location"),
    [
        ("wallet/routes.py", {"uri": "wallet/routes.py", "uriBaseId": "%SRCROOT%"}),
        ("wal let/r#é%.py", {"uri": "wal%20let/r%23%C3%A9%25.py", "uriBaseId": "%SRCROOT%"}),
        ("c:d.py", {"uri": "c%3Ad.py", "uriBaseId": "%SRCROOT%"}),
        ("/else/where.py", {"uri": "file:///else/where.py"}),
    ],
)
def test_a_path_is_a_relative_percent_encoded_uri(file: str, location: dict[str, str]) -> None:
    (row,) = run_of(result(finding(file=file)))["results"]
    assert row["locations"][0]["physicalLocation"]["artifactLocation"] == location


def test_a_suppressed_finding_carries_its_comment() -> None:
    (row,) = run_of(result(suppressed=((finding(), "# noqa: IDM001"),)))["results"]
    assert row["suppressions"] == [{"kind": "inSource", "justification": "# noqa: IDM001"}]


def prints(shown: CheckResult) -> list[str]:
    return [row["partialFingerprints"]["primaryLocationLineHash"] for row in run_of(shown)["results"]]


def test_fingerprints_stay_when_code_moves() -> None:
    assert prints(result(finding())) == prints(result(finding(line=70)))
    assert len(set(prints(result(finding(), finding("IDM003"), finding(line=8))))) == 3


@pytest.mark.parametrize(
    ("count", "kept", "said"),
    [
        (4, 4, []),
        (5, 5, ["5 results", "shows 4"]),
        (8, 6, ["8 results", "accepts 6: the last 2 are left out"]),
    ],
)
def test_what_exceeds_githubs_limits_is_cut_visibly(
    count: int, kept: int, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (sarif.SHOWN, sarif.ACCEPTED) == (5_000, 25_000)
    monkeypatch.setattr(sarif, "SHOWN", 4)
    monkeypatch.setattr(sarif, "ACCEPTED", 6)
    run = run_of(result(*(finding(line=line) for line in range(1, count + 1))))
    notices = [notice["message"]["text"] for notice in run["invocations"][0]["toolExecutionNotifications"]]
    assert len(run["results"]) == kept
    assert len(notices) == bool(said)
    assert all(part in notices[0] for part in said)


def test_suppressed_findings_are_cut_before_open_ones() -> None:
    shown = result(*[finding()] * 2, suppressed=((finding("IDM003"), "# noqa"),))
    assert ["suppressions" in row for row in run_of(shown)["results"]] == [False, False, True]

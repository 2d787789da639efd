"""SARIF 2.1.0 (OASIS), in the form GitHub code scanning reads."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from urllib.parse import quote_from_bytes

from idem_lint.reports.finding_identity import fingerprints
from idem_lint.reports.report_rows import RuleText, View
from idem_lint.result_types import Finding, Place, Site
from idem_lint.run_results import CheckResult

SCHEMA = (
    "https://raw.githubusercontent.com/oasis-tcs/sarif-spec/main/sarif-2.1/schema/sarif-schema-2.1.0.json"
)
SHOWN, ACCEPTED = 5_000, 25_000
"""GitHub's limits for the results of a run: more than the first are not shown, more than the second are refused."""

_ROOT = "%SRCROOT%"
_ROOT_IS = "The top of the repository; where there is none, the folder in which idem-lint was run."


def render(result: CheckResult, view: View) -> Iterator[str]:
    """One run: every rule declared, results (suppressed ones with their comment), and a notice where they are cut."""
    results = _results(result, view)
    run = {
        "tool": {
            "driver": {
                "name": "idem-lint",
                "version": view.version,
                "semanticVersion": view.version,
                "rules": [_rule(rule) for rule in view.rules()],
            }
        },
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {_ROOT: {"description": {"text": _ROOT_IS}}},
        "invocations": [
            {
                "executionSuccessful": not any(finding.is_fault for finding in result.findings),
                "toolExecutionNotifications": [*_notices(len(results)), *map(_unread, result.unread)],
            }
        ],
        "results": results[:ACCEPTED],
    }
    yield json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2)


def _rule(rule: RuleText) -> dict[str, object]:
    example = f"Wrong:\n\n{rule.bad}\nRight:\n\n{rule.good}"
    markdown = f"{rule.why}\n\nWrong:\n\n```python\n{rule.bad}```\n\nRight:\n\n```python\n{rule.good}```\n"
    return {
        "id": rule.code,
        "name": "".join(word.capitalize() for word in rule.name.split("-")),
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": rule.why},
        "help": {"text": f"{rule.why}\n\n{example}", "markdown": markdown},
        "defaultConfiguration": {"level": rule.severity},
        "properties": {
            "tags": ["idempotency", "payments", "correctness"],
            "precision": "high",
            "problem.severity": rule.severity,
        },
    }


def _results(result: CheckResult, view: View) -> list[dict[str, object]]:
    """Open findings come first: they must not be the ones that a limit cuts."""
    rows = [(finding, "") for finding in result.findings] + list(result.suppressed)
    order = {rule.code: index for index, rule in enumerate(view.rules())}
    digests = fingerprints(finding for finding, _ in rows)
    return [
        _result(finding, comment, digest, order[finding.code], view.severity(finding))
        for (finding, comment), digest in zip(rows, digests, strict=True)
    ]


def _result(finding: Finding, comment: str, digest: str, index: int, level: str) -> dict[str, object]:
    row: dict[str, object] = {
        "ruleId": finding.code,
        "ruleIndex": index,
        "level": level,
        "message": {"text": finding.sentence},
        "locations": [_location(finding)],
        # The first is the only one that GitHub reads; the second says whose it is.
        "partialFingerprints": {"primaryLocationLineHash": f"{digest[:16]}:1", "idemLint/v1": digest},
    }
    if finding.related:
        row["relatedLocations"] = [
            {
                "id": number,
                "physicalLocation": _physical(site.place),
                "message": {"text": f"{site.what} here"},
            }
            for number, site in enumerate(finding.related, start=1)
        ]
    if finding.chain:
        row["codeFlows"] = [{"threadFlows": [{"locations": [_flow(site) for site in finding.chain]}]}]
    if comment:
        row["suppressions"] = [{"kind": "inSource", "justification": comment}]
    return row


def _flow(site: Site) -> dict[str, object]:
    return {"location": {"physicalLocation": _physical(site.place), "message": {"text": site.what}}}


def _location(finding: Finding) -> dict[str, object]:
    location: dict[str, object] = {
        "physicalLocation": _physical(Place(finding.file, finding.line, finding.column))
    }
    if finding.qualname:
        location["logicalLocations"] = [{"fullyQualifiedName": finding.qualname}]
    return location


def _physical(place: Place) -> dict[str, object]:
    return {
        "artifactLocation": _artifact(place.file),
        "region": {"startLine": place.line, "startColumn": place.column},
    }


def _artifact(file: str) -> dict[str, str]:
    path = quote_from_bytes(os.fsencode(file), safe="/")
    if file.startswith("/"):
        return {"uri": f"file://{path}"}
    return {"uri": path, "uriBaseId": _ROOT}


def _unread(site: Site) -> dict[str, object]:
    region = {"startLine": site.place.line, "startColumn": site.place.column}
    location = {"physicalLocation": {"artifactLocation": _artifact(site.place.file), "region": region}}
    text = f"{site.place.file} cannot be read, so what depends on it is not known: {site.what}"
    return {"level": "warning", "message": {"text": text}, "locations": [location]}


def _notices(count: int) -> list[dict[str, object]]:
    if count <= SHOWN:
        return []
    text = f"{count} results; GitHub code scanning shows {SHOWN} of a run"
    if count > ACCEPTED:
        text = f"{text} and accepts {ACCEPTED}: the last {count - ACCEPTED} are left out of this file"
    return [{"level": "warning", "message": {"text": f"{text}. Lint the folders in several runs."}}]

"""GitLab's Code Quality report (a subset of Code Climate's), for ``artifacts:reports:codequality``."""

from __future__ import annotations

import json
from collections.abc import Iterator

from idem_lint.reports.finding_identity import fingerprints
from idem_lint.reports.report_rows import View
from idem_lint.run_results import CheckResult

_SEVERITY = {"error": "critical", "warning": "minor"}


def render(result: CheckResult, view: View) -> Iterator[str]:
    """A JSON list; fingerprints are unique and stay the same when code moves."""
    rows = [
        {
            "description": f"{finding.code} {finding.sentence}",
            "check_name": f"{finding.code} {view.rule(finding.code).name}",
            "fingerprint": fingerprint,
            "severity": _SEVERITY[view.rule(finding.code).severity],
            "location": {"path": finding.file, "lines": {"begin": finding.line}},
        }
        for finding, fingerprint in zip(result.findings, fingerprints(result.findings), strict=True)
    ]
    yield json.dumps(rows, indent=2)

"""The findings as one JSON object."""

from __future__ import annotations

import json
from collections.abc import Iterator

from idem_lint.reports.report_rows import View
from idem_lint.result_types import Finding, Site
from idem_lint.run_results import CheckResult


def render(result: CheckResult, view: View) -> Iterator[str]:
    """``{"version", "files", "findings": […], "suppressed": […], "unread": […]}``, in ASCII, whatever the terminal."""
    document = {
        "version": view.version,
        "files": result.files,
        "findings": [_finding(finding, view.severity(finding)) for finding in result.findings],
        "suppressed": [
            {**_finding(finding, view.severity(finding)), "comment": comment}
            for finding, comment in result.suppressed
        ],
        "unread": [
            {
                "file": site.place.file,
                "line": site.place.line,
                "column": site.place.column,
                "reason": site.what,
            }
            for site in result.unread
        ],
    }
    yield json.dumps(document, indent=2)


def _finding(finding: Finding, severity: str) -> dict[str, object]:
    return {
        "code": finding.code,
        "file": finding.file,
        "line": finding.line,
        "column": finding.column,
        "message": finding.sentence,
        "domain": finding.domain,
        "domain_reason": finding.domain_reason,
        "qualname": finding.qualname,
        "advice": finding.advice,
        "severity": severity,
        "chain": [_site(site) for site in finding.chain],
        "related": [_site(site) for site in finding.related],
    }


def _site(site: Site) -> dict[str, object]:
    return {"file": site.place.file, "line": site.place.line, "column": site.place.column, "what": site.what}

"""GitHub Actions workflow commands: every finding becomes an annotation of the pull request."""

from __future__ import annotations

from collections.abc import Iterator

from idem_lint.reports.report_rows import View
from idem_lint.reports.summary import plural
from idem_lint.reports.text import printable
from idem_lint.run_results import CheckResult


def render(result: CheckResult, view: View) -> Iterator[str]:
    """One ``::error`` or ``::warning`` a finding. GitHub shows ten of a kind a step; the summary line has them all."""
    for finding in result.findings:
        rule = view.rule(finding.code)
        properties = {
            "file": finding.file,
            "line": str(finding.line),
            "col": str(finding.column),
            "title": f"{rule.code} {rule.name}",
        }
        shown = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
        yield f"::{view.severity(finding)} {shown}::{_data(f'{finding.code} {finding.sentence}')}"
    for site in result.unread:
        where = f"file={_property(site.place.file)},line={site.place.line},title=idem-lint"
        yield f"::warning {where}::{_data(f'cannot be read, so what depends on it is not known: {site.what}')}"
    yield f"idem-lint: {plural(len(result.findings), 'finding')}, {plural(result.files, 'file')} checked"


def _data(text: str) -> str:
    """Text as the data of a workflow command; a line end would start a new command."""
    escaped = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return printable(escaped)


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")

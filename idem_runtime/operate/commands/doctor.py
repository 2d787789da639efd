"""``idem-runtime doctor``: print what the checks of ``doctor_checks/`` find, each problem with its remedy."""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from idem_runtime.operate import cli_options, terminal_output
from idem_runtime.operate.cli_options import Command

if TYPE_CHECKING:
    from idem_runtime.operate.doctor_checks.findings import Finding
    from idem_runtime.operate.json_output import Document

EXAMPLES = """\
  idem-runtime doctor && echo well
  idem-runtime doctor --format json | jq '.findings[] | select(.level == "problem")'"""
JSON_KEYS = """\
  table, problems (how many)
  findings: about, what, level (ok, note, problem), remedy (or null)"""


def _run(arguments: argparse.Namespace) -> int:
    from idem_runtime.operate.doctor_checks.examination import examine

    with cli_options.connect(arguments) as admin:
        findings = examine(admin, local_clock=time.time())
        if arguments.format == "json":
            document = _document(admin.table.quoted, findings)
            terminal_output.print_json(document)
            return 1 if document["problems"] else 0
        return _print_findings(admin.table.quoted, findings)


def _print_findings(table: str, findings: Iterable[Finding]) -> int:
    """Print each finding as soon as it is known; returns the exit code."""
    problems = 0
    for finding in findings:
        problems += finding.level == "problem"
        terminal_output.print_lines(_lines(finding))
    ending = f"{problems} problem{'s' * (problems > 1)}" if problems else f"no problem found with {table}"
    terminal_output.print_lines(["", ending])
    return 1 if problems else 0


def _lines(finding: Finding) -> Iterator[str]:
    level = "PROBLEM" if finding.level == "problem" else finding.level
    yield f"{level:8} {finding.about:12} {finding.what}"
    if finding.remedy is not None:
        yield f"{'':8} {'':12} remedy: {finding.remedy}"


def _document(table: str, findings: Iterable[Finding]) -> Document:
    rows = [
        {"about": finding.about, "what": finding.what, "level": finding.level, "remedy": finding.remedy}
        for finding in findings
    ]
    return {"table": table, "problems": sum(row["level"] == "problem" for row in rows), "findings": rows}


COMMAND = Command(
    name="doctor",
    description="Look at the server, the pooler, the clock, the table, the permissions and the retention; each problem "
    "with its remedy. Changes nothing.",
    examples=EXAMPLES,
    json_keys=JSON_KEYS,
    run=_run,
)

"""A case folder annotated, and its framework asked what it serves then."""

from __future__ import annotations

import shutil
from pathlib import Path

from idem_lint.running.fix_run import annotated
from idem_lint.running.project_run import check
from idem_lint.running.verified_changes import Outcome
from idem_lint.settings.config import Config
from tests.lint.oracles import Truth

LEFT = {"IDM001", "IDM002", "IDM003", "IDM007", "IDM008"}
"""What the linter may not say of a handler that was annotated."""


def annotated_copy(case: Path, folder: Path) -> tuple[Path, Outcome]:
    """The case, copied below ``folder`` and annotated."""
    copy = folder / case.parent.name / case.name
    shutil.copytree(case, copy, ignore=shutil.ignore_patterns("__pycache__", "expected.json"))
    outcome, _ = annotated([copy], Config(root=copy, all_domains=True), is_written=True)
    return copy, outcome


def still_said(copy: Path, outcome: Outcome) -> list[str]:
    """What the linter finds wrong with handlers that were annotated."""
    names = {(change.subject.file, change.subject.qualname) for change in outcome.done}
    findings = check([copy], Config(root=copy, all_domains=True), is_cached=False).findings
    return [
        f"{finding.file}:{finding.line} {finding.code} {finding.message}"
        for finding in findings
        if finding.code in LEFT and (finding.file, finding.qualname) in names
    ]


def silent(copy: Path, outcome: Outcome) -> list[str]:
    """The unmarked handlers about which annotate said nothing."""
    told = {(refusal.subject.file, refusal.subject.qualname) for refusal in outcome.refused}
    findings = check([copy], Config(root=copy, all_domains=True), is_cached=False).findings
    return [
        f"{finding.file}:{finding.line} {finding.message}"
        for finding in findings
        if finding.code in {"IDM001", "IDM007"} and (finding.file, finding.qualname) not in told
    ]


def served(truths: set[Truth]) -> set[tuple[str, frozenset[str]]]:
    """What a framework serves: each route with its methods. A marked class may answer by a method of its own in the place
    of one that several classes inherit, so handlers are not compared; where there are no routes, files and methods are.
    """
    return {(route, truth.methods) for truth in truths for route in truth.routes or {truth.file}}

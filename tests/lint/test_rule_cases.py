"""The small projects below ``rule_cases/``: what the rules about money say of them, line by line.

A line that ends in ``# want IDM102`` has that finding, and no other line has any.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from idem_lint.running.project_run import check
from idem_lint.settings.config import Config

CASES = Path(__file__).parent / "rule_cases"
WANT = re.compile(r"# want (?P<codes>IDM\d{3}(?:, IDM\d{3})*)$")
EACH = [pytest.param(case, id=case.name) for case in sorted(CASES.iterdir()) if case.is_dir()]


def wanted(case: Path) -> list[str]:
    return sorted(
        f"{path.relative_to(case).as_posix()}:{number} {code}"
        for path in case.rglob("*.py")
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if (match := WANT.search(line))
        for code in match["codes"].split(", ")
    )


def reported(case: Path, *paths: Path) -> list[str]:
    findings = check([*paths] or [case], Config(root=case), is_cached=False).findings
    assert [finding.message for finding in findings if finding.is_fault] == []
    places = (
        (Path(finding.file).resolve().relative_to(case.resolve()).as_posix(), finding) for finding in findings
    )
    return sorted(f"{file}:{finding.line} {finding.code}" for file, finding in places)


@pytest.mark.parametrize("case", EACH)
def test_a_case_has_the_findings_that_its_lines_want_and_no_others(case: Path) -> None:
    assert reported(case) == wanted(case)


@pytest.mark.parametrize("case", EACH)
def test_a_file_alone_has_the_findings_that_it_has_in_the_whole_project(case: Path) -> None:
    for file in sorted({place.partition(":")[0] for place in wanted(case)}):
        expected = [place for place in wanted(case) if place.partition(":")[0] == file]
        assert reported(case, case / file) == expected

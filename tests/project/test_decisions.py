"""A decision that is cited can be read: ``docs/decisions.md#anchor`` is a heading there, and nothing else is cited."""

from __future__ import annotations

import re

from tests.project import ROOT

PAGE = "docs/decisions.md"
CITATION = re.compile(rf"{re.escape(PAGE)}(?:#([\w-]+))?")
ELSEWHERE = re.compile(r"ADR[-_]\d|\bpromise \d")
"""Records that a reader of this repository does not have."""
FILES = [path for ending in ("py", "sql") for path in sorted((ROOT / "idem_runtime").rglob(f"*.{ending}"))]


def anchors() -> set[str]:
    """Of every heading, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", (ROOT / PAGE).read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def lines(pattern: re.Pattern[str]) -> list[tuple[str, re.Match[str]]]:
    """Place and match of everything in the runtime's source that ``pattern`` finds."""
    return [
        (f"{path.relative_to(ROOT)}:{number}", match)
        for path in FILES
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        for match in pattern.finditer(line)
    ]


def test_every_decision_that_the_runtime_cites_is_a_heading() -> None:
    citations = lines(CITATION)
    assert citations
    known = anchors()
    assert [(place, match[0]) for place, match in citations if match[1] not in known] == []


def test_nothing_is_cited_that_a_reader_cannot_open() -> None:
    assert [(place, match[0]) for place, match in lines(ELSEWHERE)] == [], f"cite {PAGE}#anchor, or nothing"

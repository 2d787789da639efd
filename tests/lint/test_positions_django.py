"""Where Django runs a mark, by real requests."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lint.positions._table import outcomes_elsewhere
from tests.lint.positions.django import SNIPPETS
from tests.lint.positions.judged import judged_misplaced, judged_protected
from tests.lint.positions.recorder import Snippet

# Here the mark guards something, but not this handler: it is unmarked.
ELSEWHERE = {
    "wrapped and thrown away",
    "the other of two functions with one name",
    "only the helper's shadow is marked",
    "class view, on get",
    "as_view assigned, marked later by name",
    "helper that post does not call",
    "form view, on get",
}


@pytest.fixture(scope="module")
def outcomes() -> dict[str, bool]:
    return outcomes_elsewhere("django")


@pytest.mark.parametrize("snippet", SNIPPETS, ids=lambda snippet: snippet.name)
def test_the_framework_runs_the_mark_where_the_table_says(
    snippet: Snippet, outcomes: dict[str, bool]
) -> None:
    assert outcomes[snippet.name] == snippet.effective


@pytest.mark.parametrize("snippet", SNIPPETS, ids=lambda snippet: snippet.name)
def test_the_linter_calls_protected_what_is(snippet: Snippet, tmp_path: Path) -> None:
    assert judged_protected(snippet.source, tmp_path) == snippet.effective


@pytest.mark.parametrize("snippet", SNIPPETS, ids=lambda snippet: snippet.name)
def test_the_linter_calls_misplaced_what_has_no_effect(snippet: Snippet, tmp_path: Path) -> None:
    assert judged_misplaced(snippet.source, tmp_path) == (
        not snippet.effective and snippet.name not in ELSEWHERE
    )

"""Where Bottle runs a mark, by real requests."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lint.positions.bottle import SNIPPETS, is_effective
from tests.lint.positions.judged import judged_protected
from tests.lint.positions.recorder import Snippet


@pytest.mark.parametrize("snippet", SNIPPETS, ids=lambda snippet: snippet.name)
def test_the_framework_runs_the_mark_where_the_table_says(snippet: Snippet) -> None:
    assert is_effective(snippet.source) == snippet.effective


@pytest.mark.parametrize("snippet", SNIPPETS, ids=lambda snippet: snippet.name)
def test_the_linter_calls_protected_what_is(snippet: Snippet, tmp_path: Path) -> None:
    assert judged_protected(snippet.source, tmp_path) == snippet.effective

"""Where Azure Functions runs a mark, by real requests."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lint.positions.azure_functions import MARK_BETWEEN, PRELUDE, SNIPPETS, is_effective
from tests.lint.positions.judged import judged_protected
from tests.lint.positions.recorder import Snippet


@pytest.mark.parametrize("snippet", SNIPPETS, ids=lambda snippet: snippet.name)
def test_the_framework_runs_the_mark_where_the_table_says(snippet: Snippet) -> None:
    assert is_effective(snippet.source) == snippet.effective


@pytest.mark.parametrize("snippet", SNIPPETS, ids=lambda snippet: snippet.name)
def test_the_linter_calls_protected_what_is(snippet: Snippet, tmp_path: Path) -> None:
    assert judged_protected(snippet.source, tmp_path) == snippet.effective


@pytest.mark.parametrize("source", MARK_BETWEEN, ids=["below a name", "above an output"])
def test_a_mark_between_two_decorators_fails_when_the_host_indexes(source: str) -> None:
    with pytest.raises(ValueError, match="does not have a trigger"):
        is_effective(PRELUDE + source)

"""Where Robyn runs a mark, by real requests in Robyn's own environment."""

from __future__ import annotations

from tests.lint.casecheck import positions_elsewhere
from tests.lint.positions.robyn import SNIPPETS


def test_the_framework_runs_the_mark_where_the_table_says() -> None:
    assert positions_elsewhere("robyn") == {snippet.name: snippet.effective for snippet in SNIPPETS}

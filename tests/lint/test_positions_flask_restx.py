"""Where Flask-RESTX runs a mark, by real requests."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lint.positions.flask_restx import PRELUDE, SNIPPETS, is_effective
from tests.lint.positions.judged import judged_protected
from tests.lint.positions.recorder import Snippet


@pytest.mark.parametrize("snippet", SNIPPETS, ids=lambda snippet: snippet.name)
def test_the_framework_runs_the_mark_where_the_table_says(snippet: Snippet) -> None:
    assert is_effective(snippet.source) == snippet.effective


@pytest.mark.parametrize("snippet", SNIPPETS, ids=lambda snippet: snippet.name)
def test_the_linter_calls_protected_what_is(snippet: Snippet, tmp_path: Path) -> None:
    assert judged_protected(snippet.source, tmp_path) == snippet.effective


def test_flask_restx_knows_no_method_decorators_by_verb() -> None:
    source = """
@api.route("/pay")
class Pay(Resource):
    method_decorators = {"post": [money_moving]}

    def post(self):
        return {"paid": True}
"""
    with pytest.raises(AssertionError, match="Internal Server Error"):
        is_effective(PRELUDE + source)

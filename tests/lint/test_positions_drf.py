"""Where Django REST framework runs a mark, by real requests."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lint.inventory import found_in
from tests.lint.positions._table import outcomes_elsewhere
from tests.lint.positions.drf import SNIPPETS
from tests.lint.positions.judged import judged_misplaced, judged_protected
from tests.lint.positions.recorder import Snippet

# Here the mark guards something, but not this handler: it is unmarked.
ELSEWHERE = {"APIView, on get", "viewset, on list", "mapping.post, mark on the get action"}
# The router refuses an action whose name a wrapper has hidden: there is nothing to guard.
NO_ROUTE = {"action hidden by a decorator without wraps", "action over a decorator without wraps"}
ROUTED = [snippet for snippet in SNIPPETS if snippet.name not in NO_ROUTE]


@pytest.fixture(scope="module")
def outcomes() -> dict[str, bool]:
    return outcomes_elsewhere("drf")


@pytest.mark.parametrize("snippet", SNIPPETS, ids=lambda snippet: snippet.name)
def test_the_framework_runs_the_mark_where_the_table_says(
    snippet: Snippet, outcomes: dict[str, bool]
) -> None:
    assert outcomes[snippet.name] == snippet.effective


@pytest.mark.parametrize("snippet", ROUTED, ids=lambda snippet: snippet.name)
def test_the_linter_calls_protected_what_is(snippet: Snippet, tmp_path: Path) -> None:
    assert judged_protected(snippet.source, tmp_path) == snippet.effective


@pytest.mark.parametrize("snippet", ROUTED, ids=lambda snippet: snippet.name)
def test_the_linter_calls_misplaced_what_has_no_effect(snippet: Snippet, tmp_path: Path) -> None:
    assert judged_misplaced(snippet.source, tmp_path) == (
        not snippet.effective and snippet.name not in ELSEWHERE
    )


@pytest.mark.parametrize("name", sorted(NO_ROUTE))
def test_an_action_that_no_router_takes_is_no_handler(name: str, tmp_path: Path) -> None:
    source = next(snippet.source for snippet in SNIPPETS if snippet.name == name)
    (tmp_path / "app.py").write_text(source.replace("from recorder import", "from idem_runtime import"))
    assert found_in(tmp_path) == ()

"""Where task queues run a mark, by real runs of a worker; their tasks are no handlers."""

from __future__ import annotations

from pathlib import Path

import pytest

from idem_lint.check import check
from idem_lint.config import Config
from tests.lint.inventory import found_in
from tests.lint.positions._table import outcomes_elsewhere
from tests.lint.positions.queues import SNIPPETS
from tests.lint.positions.recorder import Snippet


@pytest.fixture(scope="module")
def outcomes() -> dict[str, bool]:
    return outcomes_elsewhere("queues")


@pytest.mark.parametrize("snippet", SNIPPETS, ids=lambda snippet: snippet.name)
def test_the_queue_runs_the_mark_where_the_table_says(snippet: Snippet, outcomes: dict[str, bool]) -> None:
    assert outcomes[snippet.name] == snippet.effective


@pytest.mark.parametrize("snippet", SNIPPETS, ids=lambda snippet: snippet.name)
def test_the_linter_finds_fault_with_an_idle_mark_and_nothing_else(snippet: Snippet, tmp_path: Path) -> None:
    tasks = tmp_path / "wallet" / "tasks.py"
    tasks.parent.mkdir()
    tasks.write_text(snippet.source.replace("from recorder import", "from idem_runtime import"))
    codes = [finding.code for finding in check([tmp_path], Config(root=tmp_path)).findings]
    assert codes == ([] if snippet.effective else ["IDM003"])
    assert not found_in(tmp_path)

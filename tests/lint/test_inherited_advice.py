"""What the linter says to write for a handler that is only inherited is what the framework runs.

The positions tables have, in snippets named as :data:`INHERITED`, the mark as it is advised; ``test_positions.py`` sends them
requests. Here the mark is taken away, and the linter has to advise just that; where the runtime has no adapter for the
framework, it has to advise the opt-out in the same place.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from idem_lint.running.project_run import check
from idem_lint.settings.config import Config
from tests.lint.inventory import found_in
from tests.lint.positions.recorder import Snippet
from tests.lint.test_positions import TABLES

INHERITED = "that inherits its handler"
OPT_OUT = 'not_money_moving(reason="… is marked")'
_ON_CLASS = re.compile(r"^( *@.*money_moving.*|    decorators = .*)$", re.MULTILINE)
_AROUND = re.compile(r"money_moving\((\w+\.as_view\(.*?\))\)")
ADVISED = [
    pytest.param(snippet, id=f"{name}/{snippet.name}")
    for name, module in TABLES.items()
    for snippet in module.SNIPPETS
    if snippet.name.endswith(INHERITED)
]


def unmarked(source: str) -> tuple[str, str]:
    """A snippet without its mark, and the mark as the advice has to write it."""
    written = _ON_CLASS.search(source)
    if written is not None:
        return source.replace(written[0], "    pass" if written[0][0] == " " else "", 1), written[0].strip()
    wrapped = _AROUND.search(source)
    assert wrapped is not None, source
    return source.replace(wrapped[0], wrapped[1]), f"money_moving({wrapped[1].partition('(')[0]}(…))"


@pytest.mark.parametrize("snippet", ADVISED)
def test_the_advice_is_what_the_framework_runs(snippet: Snippet, tmp_path: Path) -> None:
    source, written = unmarked(snippet.source)
    (tmp_path / "app.py").write_text(source.replace("from recorder import", "from idem_runtime import"))
    findings = check([tmp_path], Config(root=tmp_path, all_domains=True)).findings
    if not all(handler.has_adapter for handler in found_in(tmp_path)):
        written = written.replace("money_moving", OPT_OUT, 1)
    advice = [finding.advice for finding in findings if finding.code == "IDM001"]
    assert advice
    assert all(written in text for text in advice), advice

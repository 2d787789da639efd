"""Where every framework runs a mark, by real requests, and the linter held against it.

``-k flask_smorest/`` runs one framework's. A framework is a module of ``positions`` with ``SNIPPETS``. Its requests are made
here where it has ``is_effective`` for a source, in its own environment where ``environments.toml`` gives it one, and in a
process of its own where settings can be given only once in one (Django's can).
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
from pathlib import Path
from types import ModuleType

import pytest

from idem_lint.running.project_run import check
from idem_lint.settings.config import Config
from tests.lint import positions
from tests.lint.casecheck import CASES, answered, environment_of, frameworks, positions_elsewhere
from tests.lint.inventory import found_in
from tests.lint.positions.judged import judged_misplaced, judged_protected
from tests.lint.positions.recorder import Snippet

MODULES = {
    module.name: importlib.import_module(f"{positions.__name__}.{module.name}")
    for module in pkgutil.iter_modules(positions.__path__)
    if module.name != "__main__"
}
TABLES = {name: module for name, module in MODULES.items() if hasattr(module, "SNIPPETS")}
QUEUES = TABLES.pop("queues")  # their tasks are no handlers


def alone(name: str, module: ModuleType) -> bool:
    """Whether its requests are made in another process, all of them in one."""
    return environment_of(name, CASES / name) is not None or hasattr(module, "ELSEWHERE")


def here(name: str) -> list[object]:
    """The framework's snippets as parameters."""
    module = TABLES[name]
    return [pytest.param(module, snippet, id=f"{name}/{snippet.name}") for snippet in module.SNIPPETS]


TOGETHER = [name for name, module in TABLES.items() if not alone(name, module)]
ALONE = sorted(TABLES.keys() - TOGETHER)
ROUTED = [
    parameter
    for name, module in TABLES.items()
    for parameter in here(name)
    if parameter.values[1].name not in getattr(module, "NO_ROUTE", ())  # type: ignore[attr-defined]
]


def test_every_framework_with_cases_has_positions() -> None:
    assert set(frameworks()) == TABLES.keys()


@pytest.mark.parametrize(("module", "snippet"), [parameter for name in TOGETHER for parameter in here(name)])
def test_the_framework_runs_the_mark_where_the_table_says(module: ModuleType, snippet: Snippet) -> None:
    assert module.is_effective(snippet.source) == snippet.effective


@pytest.mark.parametrize("name", [pytest.param(name, id=f"{name}/") for name in [*ALONE, "queues"]])
def test_the_framework_runs_the_marks_where_the_table_says_in_a_process_of_its_own(name: str) -> None:
    module = TABLES.get(name, QUEUES)
    if environment_of(name, CASES / name) is None:
        outcomes = answered(sys.executable, module.__name__)
    else:
        outcomes = positions_elsewhere(name)
    assert outcomes == {snippet.name: snippet.effective for snippet in module.SNIPPETS}


@pytest.mark.parametrize(("module", "snippet"), ROUTED)
def test_the_linter_calls_protected_what_is(module: ModuleType, snippet: Snippet, tmp_path: Path) -> None:
    assert judged_protected(snippet.source, tmp_path) == (snippet.effective and not snippet.refused)


@pytest.mark.parametrize(
    ("module", "snippet"),
    [parameter for parameter in ROUTED if hasattr(parameter.values[0], "ELSEWHERE")],  # type: ignore[attr-defined]
)
def test_the_linter_calls_misplaced_what_has_no_effect(
    module: ModuleType, snippet: Snippet, tmp_path: Path
) -> None:
    protected = snippet.effective and not snippet.refused
    misplaced = not protected and snippet.name not in module.ELSEWHERE
    assert judged_misplaced(snippet.source, tmp_path) == misplaced


@pytest.mark.parametrize(
    ("module", "source", "error", "message"),
    [
        pytest.param(module, source, error, message, id=f"{name}/{what}")
        for name, module in TABLES.items()
        for what, source, error, message in getattr(module, "REFUSED", ())
    ],
)
def test_what_the_framework_refuses_needs_no_rule(
    module: ModuleType, source: str, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        module.is_effective(module.PRELUDE + source)


@pytest.mark.parametrize(
    "snippet",
    [
        pytest.param(snippet, id=f"{name}/{snippet.name}")
        for name, module in TABLES.items()
        for snippet in module.SNIPPETS
        if snippet.name in getattr(module, "NO_ROUTE", ())
    ],
)
def test_what_the_framework_does_not_route_is_no_handler(snippet: Snippet, tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(
        snippet.source.replace("from recorder import", "from idem_runtime import")
    )
    assert found_in(tmp_path) == ()


@pytest.mark.parametrize(
    "snippet", [pytest.param(snippet, id=f"queues/{snippet.name}") for snippet in QUEUES.SNIPPETS]
)
def test_the_linter_finds_fault_with_a_tasks_idle_mark_and_nothing_else(
    snippet: Snippet, tmp_path: Path
) -> None:
    tasks = tmp_path / "wallet" / "tasks.py"
    tasks.parent.mkdir()
    tasks.write_text(snippet.source.replace("from recorder import", "from idem_runtime import"))
    codes = [finding.code for finding in check([tmp_path], Config(root=tmp_path)).findings]
    assert codes == ([] if snippet.effective else ["IDM003"])
    assert not found_in(tmp_path)

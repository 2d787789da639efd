"""What a run imports: start-up is what an editor and a hook wait for, and extras may be missing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.lint.front.project import MARKED, UNMARKED, Ran, write

ROOT = Path(__file__).parents[3]
HEAVY = {
    "pydantic",
    "libcst",
    "flake8",
    "importlib.metadata",
    "logging",
    "asyncio",
    "multiprocessing",
    "tempfile",
}
RUN = """\
import sys
for name in {blocked!r}:
    sys.modules[name] = None
from idem_lint.cli import main
try:
    code = main({arguments!r})
except SystemExit as stop:
    code = stop.code
print(*sorted(name for name, module in sys.modules.items() if module is not None), file=sys.stderr)
sys.exit(code)
"""


def run(cwd: Path, *arguments: str, blocked: tuple[str, ...] = ()) -> Ran:
    """The command line in an interpreter of its own, without the environment's start-up files; ``err`` is its modules."""
    source = RUN.format(blocked=blocked, arguments=list(arguments))
    done = subprocess.run(
        [sys.executable, "-S", "-c", source],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    return Ran(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return write(
        tmp_path / "project", {"wallet/a.py": UNMARKED, "wallet/b.py": MARKED, "other/c.py": "x = 1\n"}
    )


def test_help_imports_next_to_nothing(project: Path) -> None:
    ran = run(project, "--help")
    ours = {name for name in ran.err.split() if name.startswith("idem_lint")}
    assert ran.code == 0
    assert ours == {
        "idem_lint",
        "idem_lint.cli",
        "idem_lint.commands",
        "idem_lint.commands.output",
        "idem_lint.running",
        "idem_lint.running.cli_options",
        "idem_lint.running.help_texts",
        "idem_lint.running.option_parsing",
    }
    assert "dataclasses" not in ran.err.split()


def test_a_file_outside_the_domains_needs_neither_rules_nor_engine(project: Path) -> None:
    ran = run(project, "other/c.py")
    loaded = set(ran.err.split())
    assert ran.code == 0
    assert (
        loaded
        & (HEAVY | {"idem_lint.rules", "idem_lint.judging.project_verdicts", "idem_lint.frameworks.registry"})
        == set()
    )


def test_a_clean_file_loads_no_more_than_it_needs(project: Path) -> None:
    """Under twice ``python -c "import argparse, ast"``: each of these costs a tenth of that or more."""
    loaded = set(run(project, "other/c.py").err.split())
    assert loaded & {"dataclasses", "inspect", "ast", "tomllib", "json", "subprocess", "difflib"} == set()
    assert {name for name in loaded if name.startswith("idem_lint.")} == {
        "idem_lint.running.project_run",
        "idem_lint.running.reading",
        "idem_lint.running.money_screen",
        "idem_lint.settings.domain_words",
        "idem_lint.settings.money_words",
        "idem_lint.cli",
        "idem_lint.commands",
        "idem_lint.commands.adopting",
        "idem_lint.commands.checking",
        "idem_lint.commands.listing",
        "idem_lint.commands.output",
        "idem_lint.settings.config",
        "idem_lint.settings.config_files",
        "idem_lint.running.file_domains",
        "idem_lint.settings.domains",
        "idem_lint.source.discovery",
        "idem_lint.settings.globs",
        "idem_lint.running.cli_options",
        "idem_lint.running.help_texts",
        "idem_lint.running.input_paths",
        "idem_lint.running.option_parsing",
        "idem_lint.reports",
        "idem_lint.reports.summary",
        "idem_lint.run_results",
        "idem_lint.running",
        "idem_lint.settings",
        "idem_lint.source",
        "idem_lint.source.git_files",
    }


@pytest.mark.parametrize("arguments", [["wallet/b.py"], ["."], ["--format", "json"], ["inventory"]])
def test_a_check_imports_nothing_heavy(arguments: list[str], project: Path) -> None:
    assert set(run(project, *arguments).err.split()) & (HEAVY - {"libcst"}) == set()


def test_the_command_line_works_without_flake8_and_libcst(project: Path) -> None:
    ran = run(project, blocked=("flake8", "libcst"))
    assert ran.code == 1
    assert ran.findings == ["wallet/a.py:7 IDM001"]


def test_a_rule_that_cannot_be_loaded_is_exit_2_never_clean(project: Path) -> None:
    rule = "idem_lint.rules.idm004_opt_out_without_reason"
    ran = run(project, blocked=(rule,))
    assert (ran.code, ran.out) == (2, "")
    assert f"idem-lint: cannot load {rule}, so nothing was checked: " in ran.err

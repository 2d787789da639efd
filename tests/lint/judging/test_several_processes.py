"""A run says the same with one process and with several."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from idem_lint.engine.value_types import Func
from idem_lint.finding.find_handlers import Finder
from idem_lint.finding.interface import Registration
from idem_lint.judging.project_verdicts import Project
from idem_lint.result_types import FileReport
from idem_lint.running.project_run import to_list
from idem_lint.settings.config_files import Configurations
from tests.lint.casecheck import CASES
from tests.lint.engine.evaluated_projects import PROJECTS

pytestmark = [
    pytest.mark.skipif(
        sys.platform != "linux", reason="only Linux starts a process with what another has in memory"
    ),
    # The processes of pytest-xdist have a thread, which Python 3.12 and later warn of.
    pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning"),
]
FRAMEWORKS = sorted(path for path in CASES.iterdir() if path.is_dir())
MONEY = sorted(path for path in (CASES.parent / "money_cases").iterdir() if path.is_dir())


def reports(root: Path, jobs: int) -> list[FileReport]:
    """What is said of all files below a folder."""
    paths = sorted(root.rglob("*.py"))
    config = Configurations([root], adjust=lambda each: each._replace(all_domains=True, root=root), jobs=jobs)
    config.root = root
    return Project(config).reports(paths, follow=to_list())


@pytest.mark.parametrize("root", FRAMEWORKS, ids=lambda root: root.name)
def test_the_cases_of_a_framework(root: Path) -> None:
    assert reports(root, 3) == reports(root, 1)


@pytest.mark.parametrize("root", MONEY, ids=lambda root: root.name)
def test_ways_of_money(root: Path) -> None:
    alone = reports(root, 1)
    assert reports(root, 2) == alone
    assert any(handler.money for report in alone for handler in report.handlers) or any(
        report.entry_points for report in alone
    )


@pytest.mark.parametrize("name", PROJECTS)
def test_small_projects(name: str, tmp_path: Path) -> None:
    written(tmp_path, PROJECTS[name])
    assert reports(tmp_path, 2) == reports(tmp_path, 1)


APP = "from fastapi import FastAPI\n\napp = FastAPI()\n\n\n"
POSTS = "@app.post('/{0}')\ndef {0}():\n    return {{}}\n\n\n"


def test_what_fails_within_is_a_finding_in_its_file_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [f"wallet/v{number}.py" for number in range(9)]
    files = {name: APP + POSTS.format("pay") + POSTS.format("refund") for name in names}
    files["wallet/v4.py"] += POSTS.format("broken")
    written(tmp_path, files)
    decorated = Finder.decorated

    def broken(self: Finder, function: Func) -> Iterator[Registration]:
        if function.node.name == "broken":
            raise ValueError("nobody thought of this")
        return decorated(self, function)

    monkeypatch.setattr(Finder, "decorated", broken)
    several = reports(tmp_path, 2)
    assert several == reports(tmp_path, 1)
    assert [report.file[-5:] for report in several if report.fault] == ["v4.py"]


def test_nesting_that_needs_a_deeper_stack(tmp_path: Path) -> None:
    deep = f"app.post('/deep')({'(' * 60}pay{')' * 60})\nx = pay{'.a()' * 900}\n"
    written(
        tmp_path,
        {"wallet/a.py": APP + POSTS.format("pay") + deep, "wallet/b.py": APP + POSTS.format("refund")},
    )
    several = reports(tmp_path, 2)
    assert several == reports(tmp_path, 1)
    assert [len(report.handlers) for report in several] == [1, 1]


def written(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

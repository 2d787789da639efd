"""What flake8 reports, the command line reports at the same place: on every case, each as a project of its own."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from idem_lint.rules import RULES
from idem_lint.running.flake8_run import check_file
from idem_lint.running.project_run import check, config_for
from idem_lint.source.discovery import decode
from tests.lint.casecheck import CASES, case_folders

Place = tuple[str, int, str]

EVERYWHERE = '[tool.idem-lint]\ndomain-paths = ["**/*.py"]\n'
PER_FILE = {rule.code for rule in RULES if rule.per_file}
FOLDERS = [folder for framework in sorted(CASES.iterdir()) for folder in case_folders(framework.name)]
ASKED = ["fastapi/receivers", "flask/class_views", "django/class_views"]

HANDLER = """\
def transfer(request):
    return None
"""
URLS = """\
from django.urls import path

from wallet import views

urlpatterns = [path("transfers", {target})]
"""


def _name(folder: Path) -> str:
    return folder.relative_to(CASES).as_posix()


@pytest.fixture
def case(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of a case, all of whose files are in a money domain, as the working directory."""
    folder = tmp_path / "case"
    shutil.copytree(request.param, folder)
    (folder / "pyproject.toml").write_text(EVERYWHERE)
    monkeypatch.chdir(folder)
    return folder


def _command_line(folder: Path) -> set[Place]:
    findings = check([folder], config_for([folder])).findings
    return {(found.file, found.line, found.code) for found in findings}


def _by_file(folder: Path) -> set[Place]:
    found: set[Place] = set()
    for path in sorted(folder.rglob("*.py")):
        text = decode(path.read_bytes())
        found |= {(each.file, each.line, each.code) for each in check_file(str(path), text)}
    return found


def _flake8(folder: Path) -> set[Place]:
    command = [
        sys.executable,
        "-m",
        "flake8",
        "--isolated",
        "-j1",
        "--select=IDM",
        "--format=%(path)s\t%(row)d\t%(code)s",
    ]
    done = subprocess.run(
        [*command, "."], cwd=folder, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.stderr == ""
    rows = [line.removeprefix("./").split("\t") for line in done.stdout.splitlines()]
    return {(path, int(line), code) for path, line, code in rows}


@pytest.mark.parametrize("case", FOLDERS, ids=_name, indirect=True)
def test_flake8_reports_of_every_file_what_the_command_line_does(case: Path) -> None:
    told = {place for place in _command_line(case) if place[2] in PER_FILE}
    assert _by_file(case) == told


@pytest.mark.parametrize("case", [CASES / name for name in ASKED], ids=ASKED, indirect=True)
def test_flake8_itself_reports_what_the_files_alone_say(case: Path) -> None:
    said = _flake8(case)
    assert said == _by_file(case)
    assert said


def _project(folder: Path, urls: str, views: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    (folder / "wallet").mkdir()
    for name, text in {"pyproject.toml": EVERYWHERE, "urls.py": urls, "wallet/views.py": views}.items():
        (folder / name).write_text(text)
    monkeypatch.chdir(folder)
    return folder


def test_flake8_reports_a_view_that_another_file_routes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = _project(tmp_path, URLS.format(target="views.transfer"), HANDLER, monkeypatch)
    said = {("wallet/views.py", 1, "IDM007")}
    assert _by_file(folder) == _flake8(folder) == _command_line(folder) == said


def test_flake8_is_silent_where_another_file_marks_the_view(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = "from django.views import View\n\n\nclass Transfers(View):\n    def post(self, request):\n        return None\n"
    marked = "from idem_runtime import money_moving\n" + URLS.format(
        target="money_moving(views.Transfers.as_view())"
    )
    folder = _project(tmp_path, marked, view, monkeypatch)
    assert _command_line(folder) == _by_file(folder) == _flake8(folder) == set()
    (folder / "urls.py").write_text(URLS.format(target="views.Transfers.as_view()"))
    assert ("wallet/views.py", 5, "IDM001") in _command_line(folder)

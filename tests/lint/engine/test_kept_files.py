"""A process that stays finds with what it kept what a new one finds."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from idem_lint.engine import kept_files
from idem_lint.engine.kept_files import KeptFiles
from idem_lint.judging.followed import Follow, Wanted
from idem_lint.judging.project_verdicts import Project
from idem_lint.result_types import FileReport
from idem_lint.running.project_run import config_for
from tests.lint.front.project import MARKED, UNMARKED, write

MADE = """\
from django.views import View


def post(self, request):
    return None


Made = type("Made", (View,), {"post": post})
"""
URLS = 'from django.urls import path\n\nfrom wallet.views import Made\n\nurlpatterns = [path("pay", Made.as_view())]\n'
PATCHED = "from wallet.views import Patched\n\n\ndef post(self, request):\n    return None\n\n\nPatched.post = post\n"
CASES = Path(__file__).parents[1]


def reports(root: Path, kept: KeptFiles | None) -> list[FileReport]:
    config = config_for([root])
    project = Project(config, kept=kept)
    return project.reports(sorted(root.rglob("*.py")), follow=Follow(lambda _: True, Wanted(listed=True)))


@pytest.fixture(autouse=True)
def _old_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if every file had been written long ago."""
    monkeypatch.setattr(kept_files, "is_settled", lambda *_: True)


@pytest.mark.parametrize(
    "cases", ["rule_cases", "money_cases", pytest.param("cases", marks=pytest.mark.exhaustive)]
)
def test_everything_is_found_again(cases: str, tmp_path: Path) -> None:
    root, kept = write(tmp_path / "project", {}), KeptFiles()
    shutil.copytree(CASES / cases, root / "cases")
    once = reports(root, None)
    assert reports(root, kept) == once
    assert reports(root, kept) == once


def test_what_a_run_adds_to_a_module_is_not_kept(tmp_path: Path) -> None:
    files = {"wallet/views.py": MADE, "wallet/urls.py": URLS}
    made, kept = write(tmp_path / "made", files), KeptFiles()
    assert [reports(made, kept) for _ in range(3)] == [reports(made, None)] * 3
    patched, kept = write(tmp_path / "patched", {**files, "wallet/patch.py": PATCHED}), KeptFiles()
    (patched / "wallet" / "views.py").write_text(
        "from django.views import View\n\n\nclass Patched(View):\n    pass\n"
    )
    (patched / "wallet" / "urls.py").write_text(URLS.replace("Made", "Patched"))
    assert [reports(patched, kept) for _ in range(3)] == [reports(patched, None)] * 3
    assert any(report.handlers for report in reports(patched, kept))
    (patched / "wallet" / "patch.py").unlink()
    assert reports(patched, kept) == reports(patched, None)


def test_a_file_is_read_again_when_it_has_changed(tmp_path: Path) -> None:
    root, kept = write(tmp_path / "project", {"wallet/a.py": UNMARKED}), KeptFiles()
    path = root / "wallet" / "a.py"
    assert kept.read(path) is kept.read(path)
    path.write_text(MARKED)
    assert kept.read(path) == MARKED.encode()
    assert reports(root, kept) == reports(root, None)
    path.unlink()
    with pytest.raises(FileNotFoundError):
        kept.read(path)


def test_a_file_that_may_change_unseen_is_read_each_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_files, "is_settled", lambda *_: False)
    path = tmp_path / "a.py"
    path.write_text("a = 1\n")
    kept, status = KeptFiles(), path.stat()
    assert kept.read(path) == b"a = 1\n"
    path.write_text("a = 2\n")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert kept.read(path) == b"a = 2\n"


def test_what_was_not_asked_for_longest_is_given_up(tmp_path: Path) -> None:
    root = write(tmp_path / "project", {f"wallet/{name}.py": UNMARKED + f"# {name}\n" for name in "abc"})
    kept = KeptFiles(max_bytes=2 * len(UNMARKED) + 20)
    reports(root, kept)
    sources = {name: (root / "wallet" / f"{name}.py").read_bytes() for name in "abc"}
    known = [
        name for name in "abc" if kept.module(root / "wallet" / f"{name}.py", f"wallet.{name}", sources[name])
    ]
    assert known == ["b", "c"]

"""The site is built strictly: a link that leads nowhere ends the build."""

from __future__ import annotations

import shutil
import subprocess
import sys

import pytest

from tests.project import ROOT


@pytest.mark.slow
@pytest.mark.exhaustive
@pytest.mark.parametrize("link", ["nowhere.md", "runtime.md#no-such-anchor", "../no-such-file.py"])
def test_a_link_that_leads_nowhere_ends_the_build(link: str, tmp_path) -> None:
    for folder in (".ci", "docs", "idem_lint", "idem_runtime", "examples", "benchmarks/compare"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for file in ("mkdocs.yml", "pyproject.toml", "README.md", "CHANGELOG.md"):
        shutil.copy(ROOT / file, tmp_path)
    if (ROOT / ".venv-docs").exists():
        (tmp_path / ".venv-docs").symlink_to(ROOT / ".venv-docs")
    build = [tmp_path / ".ci" / "docs", sys.executable]
    with (tmp_path / "docs" / "glossary.md").open("a", encoding="utf-8") as page:
        page.write(f"\n[broken]({link})\n")
    done = subprocess.run(build, capture_output=True, text=True)
    assert done.returncode != 0
    assert link.removeprefix("../").partition("#")[2 if "#" in link else 0] in done.stderr

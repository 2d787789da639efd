"""The site is built strictly: a link that leads nowhere ends the build. Its search works in a page that is opened from a file."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.project import ROOT
from tests.runtime.commands import chromium


def project(folder: Path) -> list[str]:
    """What the site is made of, in ``folder``; the command that builds it."""
    for name in (".ci", "docs", "idem_lint", "idem_runtime", "examples", "benchmarks/compare"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for file in ("mkdocs.yml", "pyproject.toml", "README.md", "CHANGELOG.md"):
        shutil.copy(ROOT / file, folder)
    if (ROOT / ".venv-docs").exists():
        (folder / ".venv-docs").symlink_to(ROOT / ".venv-docs")
    return [str(folder / ".ci" / "docs"), sys.executable]


@pytest.mark.slow
@pytest.mark.exhaustive
@pytest.mark.parametrize("link", ["nowhere.md", "runtime.md#no-such-anchor", "../no-such-file.py"])
def test_a_link_that_leads_nowhere_ends_the_build(link: str, tmp_path) -> None:
    build = project(tmp_path)
    with (tmp_path / "docs" / "glossary.md").open("a", encoding="utf-8") as page:
        page.write(f"\n[broken]({link})\n")
    done = subprocess.run(build, capture_output=True, text=True)
    assert done.returncode != 0
    assert link.removeprefix("../").partition("#")[2 if "#" in link else 0] in done.stderr


@pytest.mark.slow
@pytest.mark.exhaustive
@chromium.needed
def test_search_finds_a_page_without_a_server(tmp_path: Path) -> None:
    subprocess.run(project(tmp_path), check=True)
    with chromium.browser(tmp_path / "profile") as browser:
        browser.look(1280)
        browser.open((tmp_path / "site" / "index.html").as_uri())
        browser.run("document.querySelector('.md-search__input').focus()")
        browser.command("Input.insertText", text="several tenants")
        browser.until(
            "[...document.querySelectorAll('.md-search-result__link')].some(link => link.href.includes('tenants.html'))"
        )

"""The pages show what the programs say, and name only files, targets and settings that are there."""

from __future__ import annotations

import ast
import re
import tomllib
from itertools import chain
from pathlib import Path

import pytest
import yaml

from idem_lint import __version__
from idem_lint.settings.config_files import load
from tests.project import ROOT, protocol_states
from tests.project.readme import DOCS, PAGES, README, regenerated

LINTER = DOCS / "linter.md"
ALL = (README, *sorted(DOCS.glob("*.md")))
each_page = pytest.mark.parametrize("page", ALL, ids=lambda page: page.name)


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def blocks(page: Path, language: str) -> list[str]:
    fenced = re.findall(rf"^( *)```{language}\n(.*?)^\1```", text_of(page), re.DOTALL | re.MULTILINE)
    return [re.sub(rf"^{indent}", "", body, flags=re.MULTILINE) for indent, body in fenced]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_is_generated_is_what_the_programs_say(page: Path) -> None:
    assert regenerated(text_of(page)) == text_of(page), "run: python -m tests.project.readme"


@each_page
def test_every_target_it_names_is_in_the_makefile(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", text_of(ROOT / "Makefile"), re.MULTILINE))
    assert set(re.findall(r"(?:\$ |`)make ([a-z-]+)", text_of(page))) <= targets


@each_page
def test_every_file_it_links_is_there(page: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)|(?:srcset|src)=\"([^\"]+)\"", text_of(page))
    named = [link for link in chain.from_iterable(links) if link and ":" not in link]
    assert [link for link in named if not (page.parent / link).exists()] == []


@each_page
def test_every_module_it_runs_is_there(page: Path) -> None:
    modules = re.findall(r"python -m ((?:benchmarks|tests|pictures|idem_\w+)[\w.]*)", text_of(page))
    files = [ROOT / module.replace(".", "/") for module in modules]
    assert [
        file for file in files if not (file.with_suffix(".py").exists() or (file / "__main__.py").exists())
    ] == []


@each_page
def test_its_python_can_be_parsed(page: Path) -> None:
    for block in blocks(page, "python"):
        if page.name != "rules.md" or "IDM900" not in section_of(
            page, block
        ):  # which finds what cannot be parsed
            ast.parse(block)


def section_of(page: Path, block: str) -> str:
    """The heading that a block stands under."""
    return re.findall(r"^## .*", text_of(page).split(block)[0], re.MULTILINE)[-1]


def test_every_page_stands_in_the_sites_navigation() -> None:
    navigation = text_of(ROOT / "mkdocs.yml").partition("\nnav:\n")[2]
    assert set(re.findall(r": ([\w-]+\.md)$", navigation, re.MULTILINE)) == {
        page.name for page in DOCS.glob("*.md")
    }


def test_its_configuration_is_one_that_the_linter_takes(tmp_path) -> None:
    configurations = [block for block in blocks(LINTER, "toml") if "tool.idem-lint" in block]
    for block in configurations:
        (tmp_path / "apps" / "core" / "cards").mkdir(parents=True)
        (tmp_path / "apps" / "core" / "cards" / "limits.py").touch()
        (tmp_path / "pyproject.toml").write_text(block, encoding="utf-8")
        config = load(tmp_path)
        assert config.extend_marks == {"bank.decorators.posting": "money_moving"}
        assert "payout" in config.domains
    assert configurations


def test_its_snippets_can_be_read() -> None:
    assert [tomllib.loads(block) for block in blocks(LINTER, "toml")]
    hooks = {hook["id"] for hook in yaml.safe_load(text_of(ROOT / ".pre-commit-hooks.yaml"))}
    repositories = [repo for block in blocks(LINTER, "yaml") for repo in _repositories(yaml.safe_load(block))]
    named = [hook["id"] for repo in repositories for hook in repo["hooks"]]
    assert named
    assert set(named) <= hooks
    assert {repo["rev"] for repo in repositories} == {f"v{__version__}"}


def _repositories(document: object) -> list[dict[str, object]]:
    return document if isinstance(document, list) else []


def test_the_protocols_page_has_every_statement_that_changes_a_record() -> None:
    assert {name for name, *_ in protocol_states.TRANSITIONS} == protocol_states.statements_that_change()

"""The README shows what the programs say, and names only files that are there."""

from __future__ import annotations

import re
import tomllib

import yaml

from idem_lint.settings.config_files import load
from tests.project import ROOT
from tests.project.readme import README, regenerated

TEXT = README.read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    indented = re.findall(rf"^( *)```{language}\n(.*?)^\1```", TEXT, re.DOTALL | re.MULTILINE)
    return [re.sub(rf"^{indent}", "", body, flags=re.MULTILINE) for indent, body in indented]


def test_its_example_and_its_rules_are_what_the_linter_says() -> None:
    assert regenerated(TEXT) == TEXT, "run: python -m tests.project.readme"


def test_every_target_it_names_is_in_the_makefile() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert set(re.findall(r"(?:\$ |`)make ([a-z-]+)", TEXT)) <= targets


def test_every_file_it_links_is_there() -> None:
    assert [link for link in re.findall(r"\]\(([^)#:]+)\)", TEXT) if not (ROOT / link).exists()] == []


def test_its_configuration_is_one_that_the_linter_takes(tmp_path) -> None:
    configurations = [block for block in blocks("toml") if "tool.idem-lint" in block]
    for block in configurations:
        (tmp_path / "apps" / "core" / "cards").mkdir(parents=True)
        (tmp_path / "apps" / "core" / "cards" / "limits.py").touch()
        (tmp_path / "pyproject.toml").write_text(block, encoding="utf-8")
        config = load(tmp_path)
        assert config.extend_marks == {"bank.decorators.posting": "money_moving"}
        assert "payout" in config.domains
    assert configurations


def test_its_snippets_can_be_read() -> None:
    assert [tomllib.loads(block) for block in blocks("toml")]
    hooks = {
        hook["id"] for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    }
    named = [hook["id"] for block in blocks("yaml") for hook in _hooks(yaml.safe_load(block))]
    assert named
    assert set(named) <= hooks


def _hooks(document: object) -> list[dict[str, str]]:
    return [hook for repo in document for hook in repo["hooks"]] if isinstance(document, list) else []

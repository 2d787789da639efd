"""The rules, their files, their page, and the codes the configuration knows are one list."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import idem_lint.rules
from idem_lint.rules import RULES, Rule
from idem_lint.rules.documentation_page import render
from idem_lint.settings.config import CODES

ROOT = Path(__file__).parents[3]
each_rule = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)


def test_the_codes_are_in_order_and_those_the_configuration_knows() -> None:
    codes = [rule.code for rule in RULES]
    assert codes == sorted(codes)
    assert codes == list(CODES)


def test_every_rule_is_the_file_of_its_name() -> None:
    files = {path.stem for path in Path(idem_lint.rules.__file__).parent.glob("idm*.py")}
    assert files == {f"{rule.code.lower()}_{rule.name.replace('-', '_')}" for rule in RULES}


def test_the_page_is_what_the_rules_say() -> None:
    page = "".join(f"{line}\n" for line in render(RULES, "markdown"))
    written = (ROOT / "docs" / "rules.md").read_text(encoding="utf-8")
    assert written == page, "run: idem-lint rules --format markdown > docs/rules.md"


@each_rule
def test_a_rule_names_its_source(rule: Rule) -> None:
    assert re.search(r"ADR-0\d\d", rule.why), f"{rule.code} does not say which decision it enforces"


@each_rule
def test_a_rule_declares_everything_in_its_own_file(rule: Rule) -> None:
    said = {"code", "name", "summary", "why", "bad", "good"}
    assert said <= vars(type(rule)).keys()
    assert "\n" not in rule.summary
    assert "\n" not in rule.why


@each_rule
def test_the_good_example_is_python_and_so_is_the_bad_one_but_for_the_rule_about_that(rule: Rule) -> None:
    ast.parse(rule.good)
    if rule.code == "IDM900":
        with pytest.raises(SyntaxError):
            ast.parse(rule.bad)
    else:
        ast.parse(rule.bad)

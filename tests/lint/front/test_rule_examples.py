"""Every rule's own examples, judged by the whole pipeline: bad has that finding alone, good has none."""

from __future__ import annotations

import pytest

from idem_lint.rules import RULES, Rule
from tests.lint.front.project import Shell


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_the_examples_of_a_rule_are_true(rule: Rule, shell: Shell) -> None:
    strict = rule.code == "IDM012"
    file, options = ("app/routes.py", ["--strict-domains"]) if strict else ("wallet/routes.py", [])
    if rule.code == "IDM015":
        shell.write({"pyproject.toml": "[tool.idem-lint]\nrequire-reasons = true\n"})
    shell.write({file: rule.bad, **{path: bad for path, (bad, _) in rule.beside.items()}})
    bad = shell.run(*options)
    shell.write({file: rule.good, **{path: good for path, (_, good) in rule.beside.items()}})
    good = shell.run(*options)
    assert [found.split()[1] for found in bad.findings] == [rule.code], bad.out + bad.err
    assert bad.code == 1
    assert good.findings == [], good.out
    assert good.code == 0

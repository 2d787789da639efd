"""What a chain of calls is an object of, however long it is."""

from __future__ import annotations

import ast
from pathlib import Path

from idem_lint.engine.evaluator import Evaluator
from idem_lint.engine.imports import ProjectModules, Sources
from idem_lint.engine.value_types import External, Made, Member, Value
from idem_lint.finding.decorator_matching import Matcher
from idem_lint.frameworks.registry import registry


def test_a_long_chain_of_calls_is_of_the_framework_that_it_begins_with_from_each_link(tmp_path: Path) -> None:
    path = tmp_path / "wallet.py"
    path.write_text("import flask\n")
    modules = ProjectModules(tmp_path, [path], Sources(), frozenset())
    module = modules.load(path)
    assert module is not None
    matcher = Matcher(Evaluator(modules), registry())
    call = ast.Call(ast.Name("app"), [], [])
    value: Value = Made(External("flask.Flask"), call, module.scope)
    links = [value]
    for _ in range(40):
        value = Made(Member(value, "then"), call, module.scope)
        links.append(value)
    names = {found.name if (found := matcher.framework_of(link)) else None for link in reversed(links)}
    assert names == {"flask"}

"""What a question comes to does not depend on what was asked before it, nor a report on the order of the files."""

from __future__ import annotations

import ast
import random
from pathlib import Path

import pytest

from idem_lint.engine.evaluator import Evaluator
from idem_lint.engine.imports import ProjectModules, Sources
from idem_lint.engine.module_facts import Scope
from idem_lint.engine.value_types import (
    Applied,
    Bound,
    Const,
    Either,
    Environment,
    External,
    Items,
    Made,
    Member,
    Parameter,
    ProjectModule,
    Table,
    Unknown,
    Value,
)
from idem_lint.frameworks.registry import registry
from idem_lint.judging.project_verdicts import Project
from idem_lint.result_types import FileReport
from idem_lint.running.project_run import to_list
from idem_lint.settings.config import Config
from idem_lint.source.discovery import shown
from tests.lint.casecheck import CASES
from tests.lint.engine.evaluated_projects import PROJECTS

CIRCLES = {
    "names that lead to each other": {
        "wallet/a.py": "from wallet.b import second\n\nfirst = second or transfer\n\n\ndef transfer(): ...\n",
        "wallet/b.py": "from wallet.c import third\n\nsecond = third or pay\n\n\ndef pay(): ...\n",
        "wallet/c.py": "from wallet.a import first\nfrom wallet.b import second\n\nthird = first or second or refund\n\n\n"
        "def refund(): ...\n\n\nthird()\nfirst()\nsecond()\n",
    },
    "modules that take everything from each other": {
        "wallet/a.py": "from wallet.b import *\n\n\ndef transfer(): ...\n\n\npay()\nnothing()\n",
        "wallet/b.py": "from wallet.a import *\n\n\ndef pay(): ...\n\n\ntransfer()\nnothing()\n",
    },
    "functions that call each other": {
        "wallet/a.py": "def even(path, left):\n    return odd(path, left - 1) if left else path\n\n\n"
        "def odd(path, left):\n    return even(path, left - 1) if left else transfer\n\n\ndef transfer(): ...\n\n\n"
        "even(transfer, 3)()\nodd(transfer, 2)()\neven(transfer, 40)()\n",
    },
    "tables that are filled from each other": {
        "wallet/a.py": "def transfer(): ...\n\n\none = [transfer]\ntwo = [*one]\none.append(two[0])\ntwo.extend(one)\n"
        "for view in one:\n    view()\nfor view in two:\n    view()\none += two\none[0]()\ntwo[0]()\n",
    },
    "classes that extend each other": {
        "wallet/a.py": "from wallet.b import B\n\n\nclass A(B):\n    def post(self):\n        return self.pay()\n",
        "wallet/b.py": "from wallet.a import A\n\n\nclass B(A):\n    def pay(self):\n        return self.post()\n\n\nA().pay()\nB().post()\n",
    },
    "names of a loop": {
        "wallet/a.py": "def step(node):\n    while node:\n        node = node.parent or step(node)\n    return node\n\n\n"
        "step(open())()\nstep(input())()\n",
    },
    "functions that double": {
        "wallet/a.py": "def f0(path):\n    return open(path)\n\n\n"
        + "".join(
            f"def f{number}(path):\n    return f{number - 1}(path) if path else f{number - 1}([path])\n\n\n"
            for number in range(1, 14)
        )
        + "f3('/a')()\nf13('/a')()\nf9('/a')()\n",
    },
}
SEVERAL = {**PROJECTS, **CIRCLES}


class _Asked:
    """A project of which any expression can be asked."""

    def __init__(self, root: Path) -> None:
        files = sorted(root.rglob("*.py"))
        self.modules = ProjectModules(root, files, Sources(), registry().packages)
        self.evaluator = Evaluator(self.modules)
        self.questions: list[tuple[ast.expr, Scope]] = []
        for module in map(self.modules.load, files):
            assert module is not None
            self.questions += [(site.node, site.scope) for site in module.every_site()]
            self.questions += [(site.node.func, site.scope) for site in module.every_site()]

    def answer(self, number: int) -> object:
        node, scope = self.questions[number]
        return described(self.evaluator.evaluate(node, scope))


def described(value: Value | None, depth: int = 6) -> object:
    """A value in words that are the same in any other run."""
    kind = type(value).__name__
    if value is None or depth == 0:
        return kind
    if isinstance(value, Const | External | Unknown):
        return value
    parts = _items(value)
    if parts:
        return kind, getattr(value, "complete", None), [described(part, depth - 1) for part in parts]
    if isinstance(value, Made):
        return (
            kind,
            described(value.callee, depth - 1),
            ast.dump(value.call),
            arguments(value.environment, depth),
        )
    if isinstance(value, Member):
        return kind, described(value.owner, depth - 1), value.name
    if isinstance(value, Applied | Bound):
        two = (value.function, value.owner) if isinstance(value, Bound) else (value.decorator, value.target)
        return kind, [described(each, depth - 1) for each in two]
    if isinstance(value, Parameter):
        return kind, value.name, value.scope.qualname, described(value.annotation, depth - 1)
    if isinstance(value, ProjectModule):
        return kind, value.module.name
    if isinstance(value, Items | Table | Either):
        return kind, getattr(value, "complete", None)
    return kind, value.scope.module.name, ast.dump(value.node), arguments(value.environment, depth)


def _items(value: Value) -> tuple[Value, ...]:
    if isinstance(value, Either):
        return value.options
    if isinstance(value, Table):
        return tuple(part for pair in value.pairs for part in pair)
    return value.items if isinstance(value, Items) else ()


def arguments(environment: Environment, depth: int) -> list[object]:
    return sorted(((name, described(value, depth - 1)) for (_, name), value in environment.items()), key=repr)


def _written(files: dict[str, str], folder: Path) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize("name", SEVERAL)
def test_an_answer_is_the_same_whatever_was_asked_before(name: str, tmp_path: Path) -> None:
    root = _written(SEVERAL[name], tmp_path)
    count = len(_Asked(root).questions)
    first = [_Asked(root).answer(number) for number in range(count)]
    for seed in range(3):
        asked, order = _Asked(root), [*range(count)]
        random.Random(seed).shuffle(order)
        later = {number: asked.answer(number) for number in order}
        assert [later[number] for number in range(count)] == first


@pytest.mark.slow  # a run for each file
@pytest.mark.parametrize(
    "framework",
    [
        pytest.param(name, marks=() if name in ("fastapi", "tornado") else pytest.mark.exhaustive)
        for name in sorted(path.name for path in CASES.iterdir() if path.is_dir())
    ],
)
def test_a_report_is_the_same_in_any_order_of_the_files_and_alone(framework: str) -> None:
    for case in sorted(path for path in (CASES / framework).iterdir() if path.is_dir()):
        files = sorted(case.rglob("*.py"))
        whole = _reports(case, files)
        shuffled = random.Random(framework).sample(files, len(files))
        assert _reports(case, shuffled) == whole
        for path in files if len(files) > 1 else ():
            alone = _reports(case, [path])
            assert alone.get(shown(path)) == whole.get(shown(path))


def _reports(root: Path, files: list[Path]) -> dict[str, FileReport]:
    reports = Project(Config(root=root, all_domains=True)).reports(files, follow=to_list())
    return {report.file: report for report in reports if report.unread is None}

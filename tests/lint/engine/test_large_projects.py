"""What a large service asks does not grow beyond what there is: counted, not timed."""

from __future__ import annotations

import ast
import gc
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from idem_lint.engine.environments import Given
from idem_lint.engine.evaluator import Evaluator
from idem_lint.engine.imports import ProjectModules, Sources
from idem_lint.engine.module_facts import CallSite, Module, Scope
from idem_lint.engine.questions import Key, Questions
from idem_lint.engine.value_types import Const, Environment, Func, Items, Klass, Made, Value, options
from idem_lint.finding.call_index import CallIndex
from idem_lint.finding.patched_attributes import Patches
from idem_lint.finding.registering_functions import Studies
from idem_lint.reach import rows
from idem_lint.reach.receivers import Receivers
from idem_lint.running.project_run import inventory
from idem_lint.settings.config import Config

DEEP = 22


def _module(text: str, folder: Path) -> tuple[Evaluator, Module]:
    path = folder / "service.py"
    path.write_text(text, encoding="utf-8")
    modules = ProjectModules(folder, [path], Sources(), frozenset())
    module = modules.load(path)
    assert module is not None
    return Evaluator(modules), module


def _function(module: Module, name: str) -> Func:
    return next(Func(node, scope) for node, scope in module.functions if node.name == name)


def _value(evaluator: Evaluator, module: Module, name: str) -> Value:
    return evaluator.lookup(name, module.scope, {})


@pytest.mark.parametrize(
    "step",
    [
        "client_{0} = pick(client_{1}, client_{1})",
        "client_{0} = pick(client_{1}, other=client_{1})",
        "client_{0} = Picker().pick(client_{1}, client_{1})",
        "client_{0} = pick(client_{1}, client_{1}) if DEBUG else pick(client_{1}, client_{1})",
    ],
)
def test_alternatives_do_not_double_with_each_function_that_returns_one_of_two(
    step: str, tmp_path: Path
) -> None:
    text = (
        "class Fast: ...\nclass Safe: ...\n\n"
        "def pick(first, other):\n    if first.is_open:\n        return first\n    return other\n\n"
        "class Picker:\n    def pick(self, first, other):\n"
        "        if first.is_open:\n            return first\n        return other\n\n"
        "client_0 = pick(Fast(), Safe())\n"
        + "\n".join(step.format(number, number - 1) for number in range(1, DEEP))
    )
    evaluator, module = _module(text, tmp_path)
    found = list(options(_value(evaluator, module, f"client_{DEEP - 1}")))
    names = [
        each.callee.node.name for each in found if isinstance(each, Made) and isinstance(each.callee, Klass)
    ]
    assert names == ["Fast", "Safe"]


def _evaluate_inside_out(evaluator: Evaluator, module: Module, env: Environment) -> None:
    outer, inner = _function(module, "outer"), _function(module, "inner")
    evaluator.evaluate(outer.body.returns[0], outer.body, env)
    evaluator.given(env, inner.body)
    evaluator.given(env, outer.body)


def test_what_is_the_same_for_several_scopes_is_freed_when_it_is_forgotten(tmp_path: Path) -> None:
    text = "def outer(value):\n    def inner():\n        return value\n    return inner()\n"
    evaluator, module = _module(text, tmp_path)
    outer = _function(module, "outer")
    gc.collect()
    gc.disable()  # as in a run
    try:
        for number in range(20):
            _evaluate_inside_out(evaluator, module, {(id(outer.node), "value"): Const(number)})
        evaluator.environments.forget()
        evaluator.forget_arguments()
        assert not [each for each in gc.get_objects() if isinstance(each, Given)]
    finally:
        gc.enable()


NAMES = """\
import os

LIMIT = {"EUR": 10}

def outside(row):
    return os.environ.get("KEY"), LIMIT, len, row

def inner_names(row):
    own = row
    def nested(other):
        return own, other, LIMIT
    return nested, [each for each in row]

class Holder:
    size = 1
    def method(self, row, count=size):
        return self, row
"""


@pytest.mark.parametrize(
    ("function", "expression", "is_left"),
    [
        ("outside", "os", True),
        ("outside", "LIMIT", True),
        ("outside", "len", True),
        ("outside", "os.environ.get('KEY')", True),
        ("outside", "os.environ.get(row)", False),
        ("outside", "os.environ.get(default=row)", False),
        ("outside", "row.os", False),
        ("outside", "LIMIT[row]", False),
        ("outside", "'text'", True),
        ("inner_names", "own", False),
        ("nested", "own", False),
        ("nested", "other", False),
        ("nested", "LIMIT", True),
        ("method", "size", False),
        ("method", "self", False),
    ],
)
def test_only_what_arguments_cannot_change_is_left_out_of_account(
    function: str, expression: str, is_left: bool, tmp_path: Path
) -> None:
    evaluator, module = _module(NAMES, tmp_path)
    func = _function(module, function)
    env: Environment = {(id(func.node), "row"): Const(1)}
    given = evaluator.given(env, func.body)
    assert given is not None
    node = ast.parse(expression, mode="eval").body
    assert given.leaves(node, func.body) is is_left


def test_a_round_of_a_loop_gives_names_that_nothing_binds(tmp_path: Path) -> None:
    evaluator, module = _module("def rows(table):\n    return [each for each in table]\n", tmp_path)
    func = _function(module, "rows")
    of_function: Environment = {(id(func.node), "each"): Items((Const(1),))}
    of_module: Environment = {(id(module.tree), "each"): Items((Const(1),))}
    for env in (of_function, of_module):
        value = evaluator.evaluate(ast.parse("each", mode="eval").body, func.body, env)
        assert isinstance(value, Items)


def test_names_of_the_module_ask_nothing_about_arguments(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = _asked_about_arguments(monkeypatch)
    evaluator, module = _module(NAMES, tmp_path)
    func = _function(module, "outside")
    for number in range(5):
        for expression in ("os", "LIMIT", "os.environ.get('KEY')"):
            node = ast.parse(expression, mode="eval").body
            evaluator.evaluate(node, func.body, {(id(func.node), "row"): Const(number)})
    assert not asked


def test_when_a_constant_is_returned_is_not_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = _asked_about_arguments(monkeypatch)
    branches = "".join(
        f"    if row.kind == 'kind {number}':\n        return {given}\n"
        for number, given in enumerate(["None", "True", "-1", "'text'", "f'{row}'", "row is None", "not row"])
    )
    evaluator, module = _module(
        f"class Client: ...\n\ndef find(row):\n{branches}    return None\n\nfound = find(Client())\n",
        tmp_path,
    )
    value = _value(evaluator, module, "found")
    assert isinstance(value, Made)
    assert not [node for node in asked if isinstance(node, ast.Attribute)]


def _asked_about_arguments(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    asked: list[object] = []
    ask = Questions.ask_about_arguments

    def counted(questions: Questions, key: Key, find: Callable[[], object], meanwhile: object) -> object:
        asked.append(key[0])
        return ask(questions, key, find, meanwhile)

    monkeypatch.setattr(Questions, "ask_about_arguments", counted)
    return asked


# what is put on classes

PATCHES = """\
class Transfers: ...
class Row: ...

def keep(row, value, log=None):
    row.value = value

def put(klass, method):
    klass.post = method

def make(self): ...

"""


@pytest.mark.parametrize(
    ("calls", "looked_into", "patched"),
    [
        ("keep(Row(), make)\n" * 30, 0, ()),
        ("keep(1, make)\n" * 30, 0, ()),
        ("keep(value=make, row=Row())\n" * 30, 0, ()),
        ("put(Transfers, make)\n", 1, ("post",)),
        ("put(klass=Transfers, method=make)\n" + "put(Row(), make)\n" * 30, 1, ("post",)),
        ("put(*[Transfers, make])\n", 1, ("post",)),
        ("row = Row()\nrow.value = make\nrow.other = 1\nTransfers.limit = 10\n", 0, ()),
        ("Transfers.post = make\n", 0, ("post",)),
    ],
)
def test_all_arguments_of_a_call_are_looked_at_only_where_it_gives_a_class(
    calls: str, looked_into: int, patched: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    evaluator, module = _module(PATCHES + calls, tmp_path)
    counted: Counter[str] = Counter()
    arguments = evaluator.arguments

    def count(function: Func, made: Made, *, bound: bool = True) -> Environment:
        counted[function.node.name] += 1
        return arguments(function, made, bound=bound)

    monkeypatch.setattr(evaluator, "arguments", count)
    Patches(evaluator, CallIndex(evaluator)).note(module)
    assert counted["keep"] + counted["put"] == looked_into
    transfers = module.scopes[module.classes[0][0]]
    assert tuple(transfers.bindings) == patched


# names that lead nowhere

REGISTERS = """\
from fastapi import FastAPI
from typing import Annotated, Any, Literal, Optional

app = FastAPI()

def register(path, function):
    app.add_api_route(path, function, methods=["POST"])

class Entry:
    rows: list[Any]
    told: "str"
    tags: Annotated[dict[str, Any], "tags"]
    kind: Optional[Literal["a"]]
    size: int | None
    act: Any
    acts: Optional[Any]
    run: Annotated[Any, "run"]
    def __init__(self, text: str, count: int, function):
        self.text = text
        self.count = count or 1
        self.shown = "shown"
        self.function = function
        self.unread = elsewhere

    def read(self, key): ...

"""


@pytest.mark.parametrize(
    ("call", "may_register"),
    [
        ("table.get('key')", False),
        ("table.get('key', None)", False),
        ("table.get('key', 'other')", False),
        ("table.put('/path', 1)", False),
        ("table.get('key', default=0)", False),
        ("table.get()", False),
        ("table.get('/path', 'views.transfer')", True),
        ("table.get('/path', 'views:transfer')", True),
        ("table.get('/path', transfer)", True),
        ("table.get('/path', 1, 2)", True),
        ("table.get(key)", True),
        ("table.add_api_route('/path')", True),
        ("entry.rows(transfer)", False),
        ("entry.tags(transfer)", False),
        ("entry.kind(transfer)", False),
        ("entry.size(transfer)", False),
        ("entry.told(transfer)", True),
        ("entry.act(transfer)", True),
        ("entry.acts(transfer)", True),
        ("entry.run(transfer)", True),
        ("entry.text(transfer)", False),
        ("entry.shown(transfer)", False),
        ("entry.count(transfer)", True),
        ("entry.function(transfer)", True),
        ("entry.unread(transfer)", True),
        ("entry.read(transfer)", False),
    ],
)
def test_a_call_is_passed_over_only_where_nothing_of_its_name_takes_a_handler(
    call: str, may_register: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = f"{REGISTERS}def run(table, entry, key, transfer):\n    {call}\n"
    assert _followed(text, tmp_path, monkeypatch)[call] is may_register


def test_a_verb_of_the_project_is_followed_whatever_it_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = "class Hub:\n    def get(self, path):\n        register(path, self.handler)\n\nhub = Hub()\n"
    assert _followed(f"{REGISTERS}{own}hub.get('/path')", tmp_path, monkeypatch)["hub.get('/path')"]


LAZY = """\
import importlib

_NAMES = {"attach": "register"}
_OTHERS = dict(fasten="register")
_MORE = "loosen unfasten".split()

class _Table:
    bind = "register"

def __getattr__(name):
    told = name.lower().strip()
    return getattr(importlib.import_module("core.web"), _NAMES[told])
"""


@pytest.mark.parametrize(
    ("name", "may_register"),
    [
        ("attach", True),
        ("fasten", True),
        ("loosen", True),
        ("bind", True),
        ("lower", False),
        ("strip", False),
    ],
)
def test_a_lazy_package_has_the_names_that_it_spells(
    name: str, may_register: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "core").mkdir()
    (tmp_path / "core" / "__init__.py").write_text(LAZY, encoding="utf-8")
    call = f"thing.{name}(transfer)"
    text = f"import core\n{REGISTERS}def run(thing, transfer):\n    {call}\n"
    assert _followed(text, tmp_path, monkeypatch)[call] is may_register


def _followed(text: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, bool]:
    """Whether each call of a module is followed."""

    found: dict[str, bool] = {}
    is_by_leading_name = Studies.is_by_leading_name

    def noted(studies: Studies, site: CallSite) -> bool:
        answer = is_by_leading_name(studies, site)
        found[ast.unparse(site.node)] = answer
        return answer

    monkeypatch.setattr(Studies, "is_by_leading_name", noted)
    (folder / "app.py").write_text(text, encoding="utf-8")
    inventory([folder], Config(root=folder, all_domains=True), is_cached=False)
    return found


# where money goes

STORE = """\
from fastapi import FastAPI
from sqlalchemy.orm import DeclarativeBase, Mapped

app = FastAPI()

class Base(DeclarativeBase): ...

class Account(Base):
    __tablename__ = "accounts"
    balance: Mapped[int]

class Store:
    def account(self, number):
        return self.session.get(Account, number)

    def same(self, number):
        return self.account(number)

"""


@pytest.mark.parametrize("kept", [0, 1, 5_000])
def test_what_is_kept_of_calls_of_methods_changes_no_answer(
    kept: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "_RESULTS", kept)
    handlers = "".join(
        f"@app.post('/{name}')\ndef {name}(number: int, store: Store):\n    row = store.{method}(number)\n"
        f"    row.balance -= {number}\n    store.session.commit()\n\n"
        for number, (name, method) in enumerate(
            [("pay", "account"), ("refund", "same"), ("settle", "account")]
        )
    )
    (tmp_path / "app.py").write_text(STORE + handlers, encoding="utf-8")
    found = inventory([tmp_path], Config(root=tmp_path, all_domains=True), is_cached=False).handlers
    writes = [[write.sink for write in each.money.writes] for each in found if each.money is not None]
    assert writes == [["row.balance -= …"]] * 3


def test_a_name_that_is_left_open_twice_is_told_once(tmp_path: Path) -> None:
    text = (
        "from fastapi import FastAPI\n\napp = FastAPI()\n\n"
        "def of(act):\n    act()\n    act()\n\n"
        "@app.post('/a')\ndef transfer(act):\n    of(act)\n    act()\n    act()\n"
    )
    (tmp_path / "app.py").write_text(text, encoding="utf-8")
    (found,) = inventory([tmp_path], Config(root=tmp_path, all_domains=True), is_cached=False).handlers
    assert found.money is not None
    assert found.money.unresolved == ("act",)


def test_what_a_function_makes_of_its_arguments_is_not_asked_to_decide_a_test(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (
        "class Client: ...\nclass Other: ...\n\n"
        "def nearest(row, limit):\n    return row.first if limit else row.other\n\n"
        "def find(row, limit, write=True):\n    chosen = nearest(row, limit)\n"
        "    if chosen and nearest(row, limit) == chosen:\n        return Client()\n"
        "    if write:\n        return Other()\n    return nearest(row, limit)\n\n"
        "found = find(row=Client(), limit=3)\n"
    )
    asked = _asked_about_arguments(monkeypatch)
    evaluator, module = _module(text, tmp_path)
    found = {
        each.callee.node.name
        for each in options(_value(evaluator, module, "found"))
        if isinstance(each, Made) and isinstance(each.callee, Klass)
    }
    assert found == {"Client", "Other"}
    inside = next(node for node, _ in module.functions if node.name == "nearest")
    assert not [node for node in asked if isinstance(node, ast.AST) and node in set(ast.walk(inside))]


def test_the_classes_of_an_owner_are_looked_for_once_for_all_that_it_may_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[ast.expr] = []
    classes = Receivers.classes

    def counted(
        receivers: Receivers, node: ast.expr, scope: Scope, env: Environment, depth: int = 4
    ) -> list[Klass]:
        looked.append(node)
        return classes(receivers, node, scope, env, depth)

    monkeypatch.setattr(Receivers, "classes", counted)
    filters = "".join(f"    if q.f{n}:\n        found = found.filter(f{n}=q.f{n})\n" for n in range(20))
    text = (
        "from fastapi import FastAPI\n\napp = FastAPI()\n\n"
        f"@app.post('/a')\ndef transfer(q, store):\n    found = store.rows()\n{filters}    return found.count()\n"
    )
    (tmp_path / "app.py").write_text(text, encoding="utf-8")
    assert inventory([tmp_path], Config(root=tmp_path, all_domains=True), is_cached=False).handlers
    assert max(Counter(looked).values()) <= 3

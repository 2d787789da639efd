"""Two calls with the same arguments are one question, and calls with others are not."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from idem_lint.engine import environments
from idem_lint.engine.collection_growth import with_more
from idem_lint.engine.environments import Environments
from idem_lint.engine.evaluator import Evaluator
from idem_lint.engine.imports import ProjectModules, Sources
from idem_lint.engine.module_facts import Module, Scope
from idem_lint.engine.value_types import (
    UNKNOWN,
    Applied,
    Bound,
    Const,
    Either,
    Environment,
    External,
    Func,
    Items,
    Klass,
    Made,
    Member,
    Parameter,
    ProjectModule,
    Table,
    Value,
    ends_in,
    told_apart,
)

SOURCE = """\
class Account:
    def pay(self, amount): ...


def make(value):
    def inner(): ...

    return value


rows = []


def fill(row):
    rows.append(row)


fill("a")
make(rows)("b")
"""
NODE = ast.Name("decorator")
CALL = ast.Call(NODE, [], [])


@pytest.fixture
def module(tmp_path: Path) -> Module:
    path = tmp_path / "wallet.py"
    path.write_text(SOURCE)
    loaded = ProjectModules(tmp_path, [path], Sources(), frozenset()).load(path)
    assert loaded is not None
    return loaded


def _pay(module: Module) -> Func:
    (node, scope) = next(each for each in module.functions if each[0].name == "pay")
    return Func(node, scope)


def _values(module: Module) -> dict[str, Value]:
    """New values of each kind, the same in each call."""
    pay = _pay(module)
    klass = Klass(module.classes[0][0], module.scope)
    return {
        "text": Const("a"),
        "number": Const(1),
        "truth": Const(value=True),
        "package": External("flask"),
        "unknown": UNKNOWN,
        "function": pay,
        "class": klass,
        "module": ProjectModule(module),
        "made": Made(External("flask.Flask"), CALL, module.scope),
        "made with arguments": Made(klass, CALL, pay.body, {(id(pay.node), "amount"): Const(2)}),
        "parameter": Parameter("amount", pay.body),
        "parameter with a type": Parameter("amount", pay.body, External("builtins.int")),
        "method": Bound(pay, Made(klass, CALL, module.scope)),
        "attribute": Member(Parameter("amount", pay.body), "value"),
        "list": Items((Const("a"), Const("b"))),
        "dict": Table(((Const("a"), Const("b")),)),
    }


def test_arguments_are_told_apart_by_what_they_are(module: Module) -> None:
    known, pay = Environments(), _pay(module)
    found = {name: _given(known, pay, value) for name, value in _values(module).items()}
    assert len({id(given) for given in found.values()}) == len(found)
    assert {name: _given(known, pay, value) for name, value in _values(module).items()} == found


@pytest.mark.parametrize("kind", ["chain of decorators", "long list", "deep list"])
def test_what_is_not_looked_into_is_only_the_same_as_itself(kind: str, module: Module) -> None:
    deep: Value = Const("a")
    for _ in range(9):
        deep = Items((deep,))
    value = {
        "chain of decorators": Applied(External("decorator"), _pay(module), NODE, module.scope),
        "long list": Items((Const("a"),) * 9),
        "deep list": deep,
    }[kind]
    known, pay = Environments(), _pay(module)
    assert _given(known, pay, value) is _given(known, pay, value)
    twin = (
        Items(value.items)
        if isinstance(value, Items)
        else Applied(External("decorator"), _pay(module), NODE, module.scope)
    )
    if kind != "deep list":
        assert _given(known, pay, twin) is not _given(known, pay, value)


@pytest.mark.parametrize("kind", ["class", "parameter", "made", "function", "package"])
def test_a_chain_of_decorators_ends_in_the_same_however_often_that_was_read(
    kind: str, module: Module
) -> None:
    chain = Applied(External("decorator"), _values(module)[kind], NODE, module.scope)
    assert ends_in(chain, _values(module)[kind])
    assert not ends_in(chain, _values(module)["module"])


def test_a_collection_that_was_not_looked_at_to_its_end_says_so() -> None:
    assert with_more(Items((Const("a"),))) == Items((Const("a"), UNKNOWN), complete=False)
    assert with_more(Table(())) == Table(((UNKNOWN, UNKNOWN),), complete=False)


def _given(known: Environments, function: Func, value: Value) -> object:
    return known.given({(id(function.node), "amount"): value}, function.body)


def test_what_counts_in_a_scope_are_the_arguments_of_the_functions_around_it(module: Module) -> None:
    known = Environments()
    make, inner = (next(n for n, _ in module.functions if n.name == name) for name in ("make", "inner"))
    other = _pay(module)
    both: Environment = {(id(make), "value"): Const("a"), (id(other.node), "amount"): Const("b")}

    def kept(scope: Scope) -> list[str]:
        given = known.given(both, scope)
        return [] if given is None else [name for _, name in given.environment]

    assert kept(module.scope) == []
    assert kept(module.scopes[make]) == kept(module.scopes[inner]) == ["value"]
    assert kept(other.body) == ["amount"]


def test_when_there_are_many_they_are_forgotten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environments, "_MOST", 1)
    path = tmp_path / "wallet.py"
    path.write_text(SOURCE)
    modules = ProjectModules(tmp_path, [path], Sources(), frozenset())
    module = modules.load(path)
    assert module is not None
    evaluator = Evaluator(modules)
    answers = [evaluator.evaluate(site.node, site.scope) for site in module.every_site() * 2]
    assert answers[: len(answers) // 2] == answers[len(answers) // 2 :]
    node = next(each for each, _ in module.functions if each.name == "make")
    for text in ("a", "b", "c"):
        environment: Environment = {(id(node), "value"): Const(text)}
        row = ast.List(module.scopes[node].returns, ast.Load())
        assert evaluator.evaluate(row, module.scopes[node], environment) == Items((Const(text),))
    assert len(evaluator.answers_about_arguments) < 3


def test_of_many_alternatives_those_are_told_apart_that_begin_or_end_otherwise(module: Module) -> None:
    ways = [
        Member(Made(Member(External(name), f"by{number}"), CALL, module.scope), "all")
        for name in "ab"
        for number in range(20)
    ]
    assert told_apart(Either(tuple(ways))) == [ways[19], ways[39]]

"""Ariadne: resolvers that ``MutationType`` (or ``ObjectType("Mutation")``) is given.

Source: ariadne/objects.py (``field`` binds the function below it, ``set_field`` the one it is called with).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from idem_lint.engine.dotted_names import written
from idem_lint.engine.module_facts import Scope
from idem_lint.engine.parameter_binding import Arguments
from idem_lint.engine.value_types import (
    Const,
    External,
    Klass,
    Made,
    Member,
    Parameter,
    Unknown,
    Value,
    options,
)
from idem_lint.finding.interface import POST, Finder, Framework, Registration, Route, Slot, View

_NAME = Slot(0, ("name",))


def _of_mutations(finder: Finder, found: Registration, _given: Arguments) -> Iterator[Registration]:
    node = found.node
    while isinstance(node, ast.Call):
        node = node.func
    called = options(finder.evaluator.evaluate(node, found.scope)) if isinstance(node, ast.expr) else ()
    owners = [each.owner for each in called if isinstance(each, Member)]
    if any(_is_mutation_type(finder, owner) for owner in owners) or _is_named(finder, node, found.scope):
        yield found


def _is_named(finder: Finder, node: ast.AST, scope: Scope) -> bool:
    """Whether the receiver is not known, and called a mutation."""
    if (
        not isinstance(node, ast.Attribute)
        or "mutation" not in written(node.value).rpartition(".")[2].lower()
    ):
        return False
    return isinstance(finder.evaluator.evaluate(node.value, scope), External | Parameter | Unknown)


def _is_mutation_type(finder: Finder, owner: Value) -> bool:
    made = owner if isinstance(owner, Made) else None
    kind = made.callee if made is not None else owner.annotation if isinstance(owner, Parameter) else None
    for base in finder.evaluator.mro(kind) if isinstance(kind, Klass) else [kind]:
        if isinstance(base, External) and base.name.endswith(".MutationType"):
            return True
    return made is not None and _names_mutation(finder, made)


def _names_mutation(finder: Finder, made: Made) -> bool:
    named = made.call.args[:1]
    return any(
        finder.evaluator.evaluate(node, made.scope, made.environment) == Const("Mutation") for node in named
    )


FRAMEWORK = Framework(
    name="ariadne",
    titles=("Ariadne",),
    packages=("ariadne", "ariadne_graphql_modules"),
    methods={
        "field": Route(fixed=POST, path=_NAME),
        "set_field": Route(fixed=POST, path=_NAME, target=Slot(1, ("resolver",))),
    },
    views=(View(bases=("MutationType",), handlers={"resolve_mutation": "POST"}),),
    refine=_of_mutations,
    tokens=("MutationType", r"\.field\("),
    local=frozenset({"field"}),
)

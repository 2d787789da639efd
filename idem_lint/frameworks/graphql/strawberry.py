"""Strawberry: ``@strawberry.mutation``, and the plain fields of a mutation type.

Source: strawberry/types/field.py (``mutation`` is ``field``: what makes a mutation is the type it stands in).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace

from idem_lint.engine import parameter_binding
from idem_lint.engine.module_facts import Scope
from idem_lint.engine.value_types import External, Func, Klass, Made, Value, options
from idem_lint.finding.interface import POST, Finder, Framework, Registration, Route, Slot
from idem_lint.frameworks.graphql.resolvers import is_named_for_mutations, roots

_RESOLVER = Slot(0, ("resolver",))
_MUTATION = Route(fixed=POST, path=Slot(None, ("name",)), target=_RESOLVER, needs_path=False, bare=True)
_FIELDS = (".field", ".mutation", ".input_mutation")
_AROUND = "it is put around the field, whose resolver is registered without it"
_CRUD = (".mutations.create", ".mutations.update", ".mutations.delete")


def _fields(finder: Finder, scope: Scope) -> Iterator[Registration]:
    own = [Klass(node, owner) for node, owner in scope.module.classes]
    types = [klass for klass in own if _is_mutation_type(finder, klass)]
    for klass in (*types, *roots(finder, scope.module)):
        for name, found in klass.body.bindings.items():
            node = found[-1].node
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield from _decorated(finder, Func(node, klass.body))
            elif isinstance(node, ast.Call):
                yield from _assigned(finder, klass, name, node)


def _is_mutation_type(finder: Finder, klass: Klass) -> bool:
    """Whether the type's name says so, or one of its fields is called a mutation."""
    if not klass.node.decorator_list:
        return False
    return is_named_for_mutations(klass.node.name) or any(
        _is_called(finder.evaluator.evaluate(node, klass.body), (".mutation", ".input_mutation"))
        for function in klass.node.body
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in function.decorator_list
    )


def _is_called(value: Value, names: tuple[str, ...]) -> bool:
    callees = [option.callee if isinstance(option, Made) else option for option in options(value)]
    return any(
        isinstance(callee, External)
        and callee.name.partition(".")[0] in FRAMEWORK.packages
        and callee.name.endswith(names)
        for callee in callees
    )


def _decorated(finder: Finder, function: Func) -> Iterator[Registration]:
    """``@strawberry.field`` on a method."""
    for position, link in enumerate(finder.links(function)):
        if _is_called(link.decorator, (".field",)):
            yield _registration(link.below, link.node, function.scope, function.node.name, below=position)


def _assigned(finder: Finder, klass: Klass, name: str, node: ast.Call) -> Iterator[Registration]:
    """``settle: bool = strawberry.field(resolver=settle)``, and the ready-made mutations of strawberry-django."""
    idle: list[tuple[Value, ast.AST, str]] = []
    callee = finder.evaluator.evaluate(node.func, klass.body)
    while not _is_called(callee, _FIELDS) and node.args and isinstance(node.args[0], ast.Call):
        idle.append((callee, node, _AROUND))
        node = node.args[0]
        callee = finder.evaluator.evaluate(node.func, klass.body)
    if _is_called(callee, _CRUD):
        yield _registration(klass, node, klass.body, name)
    elif _is_called(callee, _FIELDS):
        resolver = parameter_binding.read(node, finder.evaluator, klass.body, klass.environment).get(
            _RESOLVER
        )
        if resolver is not None:
            yield replace(_registration(resolver, node, klass.body, name), idle=tuple(idle))


def _registration(
    target: Value, node: ast.AST, scope: Scope, name: str, below: int | None = None
) -> Registration:
    return Registration(
        framework=FRAMEWORK.name,
        target=target,
        methods=POST,
        route=name,
        node=node,
        scope=scope,
        evidence="inherited" if isinstance(target, Klass) else "explicit",
        written="strawberry.field",
        below=below,
        attribute=name,
    )


_FUNCTIONS = {"mutation": _MUTATION, "input_mutation": _MUTATION}
FRAMEWORK = Framework(
    name="strawberry",
    titles=("Strawberry",),
    packages=("strawberry", "strawberry_django", "strawberry_django_plus"),
    functions=_FUNCTIONS,
    module_hook=_fields,
    tokens=(r"strawberry[_.\s]",),
    local=frozenset(_FUNCTIONS),
)

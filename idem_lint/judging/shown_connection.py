"""Which local money-moving handlers show no way to the transaction that the runtime lends: start-up refuses those.

The rule is that of ``idem_runtime/startup/connection_check.py``, read from the source. Where the source does not tell, a
handler is not accused.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from idem_lint.engine.module_facts import Module, Scope, arguments
from idem_lint.engine.value_types import External, Func, Klass, Lambda, Made, Value, options
from idem_lint.finding.interface import Registration
from idem_lint.finding.runtime_adapters import DJANGO, LITESTAR, STARLETTE
from idem_lint.judging.handler_verdicts import Assembler
from idem_lint.judging.internal_faults import Faults
from idem_lint.judging.lending_values import Lending, LendingValues, most
from idem_lint.judging.own_code import OwnCode
from idem_lint.result_types import Handler

_MARKERS = frozenset({"Depends", "Security"})
_SETS_UP = (b"Idempotency",)
_JOINS = (b"join", b"sessions", b"sessionmaker", b"Idempotency")
_PLAIN_TYPES = sys.stdlib_module_names | {
    "aiohttp",
    "asyncpg",
    "fastapi",
    "flask",
    "httpx",
    "litestar",
    "pydantic",
    "psycopg",
    "psycopg_pool",
    "quart",
    "redis",
    "sanic",
    "sqlalchemy",
    "sqlmodel",
    "starlette",
    "typing_extensions",
}
"""Packages whose names in annotations are types, and no dependencies."""
_DEEPEST = 5
"""Through how many names an annotation is followed."""


class ShownConnections:
    """Asks the handlers of a project."""

    def __init__(self, assembler: Assembler, modules: Iterable[Module], faults: Faults) -> None:
        self._assembler = assembler
        self._finder = assembler.finder
        self._evaluator = assembler.finder.evaluator
        self._modules = list(modules)
        self._faults = faults
        self.values = LendingValues(self._evaluator, assembler.marks)

    def add(self, judged: frozenset[Path]) -> None:
        """Note at the handlers of the judged files that they show no way."""
        asked = [
            (number, definition, registrations)
            for number, (definition, registrations) in self._assembler.definitions.items()
            if definition.scope.module.path in judged and self.is_asked(self._assembler.handlers[number])
        ]
        if not asked or not self._has_its_own() or self._is_joined():
            return
        for number, definition, registrations in asked:
            handler = self._assembler.handlers[number]
            with self._faults.caught(definition.scope.module, definition.node):
                if not isinstance(definition, Klass) and not self._shows(handler, definition, registrations):
                    self._assembler.handlers[number] = replace(handler, shows_connection=False)

    def is_asked(self, handler: Handler) -> bool:
        """Whether start-up asks a handler: its effect is local, and no framework's own connection is ours."""
        marks = [mark for mark in handler.effective() if mark.name == "money_moving"]
        is_local = bool(marks) and not any(mark.is_external or mark.vouches for mark in marks)
        adapter = self._finder.registry.adapter_of(handler.framework)
        return is_local and adapter is not None and adapter != DJANGO

    def _has_its_own(self) -> bool:
        """Whether the project makes an ``Idempotency``: else what handlers are given comes from elsewhere."""
        return any(self.values.is_idempotency(callee) for callee, _ in self._calls(_SETS_UP))

    def _is_joined(self) -> bool:
        """Whether sessions or connections of the application's own may be part of our transaction."""
        return any(self.values.joins(call, callee) for callee, call in self._calls(_JOINS))

    def _calls(self, words: Iterable[bytes]) -> Iterator[tuple[Value, ast.Call]]:
        for module in self._modules:
            if b"idem_runtime" in module.words or b"idem" in module.words:
                for site in module.sites(words):
                    yield self._evaluator.evaluate(site.node.func, site.scope), site.node

    # what a parameter is given

    def injected(self, node: ast.expr, scope: Scope) -> Value | None:
        """What a default gives: the dependency of ``Depends(…)``, or the value itself."""
        if not isinstance(node, ast.Call) or not _is_marker(node):
            return self._evaluator.evaluate(node, scope)
        return next((self._evaluator.evaluate(each, scope) for each in node.args[:1]), None)

    def annotated(self, node: ast.expr, scope: Scope, depth: int = _DEEPEST) -> Value | None:
        """What ``Annotated[…, Depends(…)]`` gives, written there or under a name; ``None`` where it says nothing."""
        if isinstance(node, ast.Subscript):
            parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else []
            markers = (part for part in parts[1:] if isinstance(part, ast.Call) and _is_marker(part))
            return next((self.injected(marker, scope) for marker in markers), None)
        named = self._written(node, scope) if depth else None
        return self.annotated(*named, depth - 1) if named is not None else None

    # one handler

    def _shows(
        self, handler: Handler, function: Func | Lambda, registrations: tuple[Registration, ...]
    ) -> bool:
        """Whether a handler shows a way, or may."""
        klass = next((each.klass for each in registrations if each.klass is not None), None)
        klass = klass or self._class_around(function)
        found = [OwnCode(self._evaluator, self.values, function.node).lends(function, klass)]
        is_fastapi = self._finder.registry.adapter_of(handler.framework) == STARLETTE
        found.append(self._of_parameters(function, set()))
        if is_fastapi:
            found.append(self._of_routers())
        if self._finder.registry.adapter_of(handler.framework) == LITESTAR:
            found.append(self._of_providers())
        return most(found) is not Lending.NO

    def _class_around(self, function: Func | Lambda) -> Klass | None:
        owner = function.scope
        if isinstance(owner.node, ast.ClassDef) and owner.parent is not None:
            return Klass(owner.node, owner.parent)
        return None

    def _of_parameters(self, function: Func | Lambda, seen: set[ast.AST]) -> Lending:
        """Whether a default, or a dependency among the parameters and what that depends on, lends."""
        if function.node in seen:
            return Lending.NO
        seen.add(function.node)
        spec = function.node.args
        defaults = [*spec.defaults, *(each for each in spec.kw_defaults if each is not None)]
        annotations = [each.annotation for each in arguments(spec) if each.annotation is not None]
        return most(
            [
                *(self._of_expression(node, function.scope, seen) for node in defaults),
                *(self._of_annotation(node, function.scope, seen, _DEEPEST) for node in annotations),
            ]
        )

    def _of_annotation(self, node: ast.expr, scope: Scope, seen: set[ast.AST], depth: int) -> Lending:
        """``Annotated[Session, Depends(get_session)]``, written there or under a name."""
        if isinstance(node, ast.Subscript):
            parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else []
            return most(self._of_expression(part, scope, seen) for part in parts[1:])
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            written = _parsed(node.value)
            return self._of_annotation(written, scope, seen, depth) if written is not None else Lending.UNTOLD
        named = self._written(node, scope)
        if named is None or depth == 0:
            return Lending.UNTOLD if self._is_unread(node, scope) else Lending.NO
        return self._of_annotation(*named, seen, depth - 1)

    def _is_unread(self, node: ast.expr, scope: Scope) -> bool:
        """Whether a name of an annotation comes from a module that nobody sees, and may stand for a dependency."""
        return any(
            isinstance(option, External) and option.name.partition(".")[0] not in _PLAIN_TYPES
            for option in options(self._evaluator.evaluate(node, scope))
        )

    def _written(self, node: ast.expr, scope: Scope) -> tuple[ast.expr, Scope] | None:
        """What a name of a type alias stands for, in this module or in another of the project's."""
        if not isinstance(node, ast.Name):
            return None
        bindings = scope.module.scope.bindings.get(node.id)
        if not bindings:
            return None
        binding = bindings[-1]
        if binding.kind == "import":
            head, _, tail = binding.target.rpartition(".")
            module = self._evaluator.modules.find(head, scope.module) if head else None
            name = ast.copy_location(ast.Name(tail, ast.Load()), node)
            return self._written(name, module.scope) if module is not None else None
        return (
            (binding.node, scope.module.scope) if isinstance(binding.node, ast.Subscript | ast.Name) else None
        )

    def _of_expression(self, node: ast.expr, scope: Scope, seen: set[ast.AST]) -> Lending:
        if not isinstance(node, ast.Call) or not _is_marker(node):
            return self.values.of_dependency(self._evaluator.evaluate(node, scope))
        given = [*node.args[:1], *(word.value for word in node.keywords if word.arg == "dependency")]
        return most(self._of_call(self._evaluator.evaluate(each, scope), seen) for each in given)

    def _of_call(self, value: Value, seen: set[ast.AST]) -> Lending:
        """Whether a dependency lends, refers to something that does, or depends on something that does."""
        found = [self.values.of_dependency(value)]
        if self.values.is_of_one(value):
            return most(found)
        definition = self._finder.definition(value)
        if definition is None:
            return most([*found, Lending.NO if self._is_a_frameworks(value) else Lending.UNTOLD])
        found.append(OwnCode(self._evaluator, self.values, definition.node).lends(definition))
        made_by = definition
        if isinstance(definition, Klass):
            method = self._evaluator.class_attribute(definition, "__init__")
            made_by = method if isinstance(method, Func) else definition
        if not isinstance(made_by, Klass):
            found.append(self._of_parameters(made_by, seen))
        return most(found)

    def _is_a_frameworks(self, value: Value) -> bool:
        """Whether a dependency is one of the framework's own, which lends nothing: ``Depends(HTTPBearer())``."""
        callee = value.callee if isinstance(value, Made) else value
        return isinstance(callee, External) and self._finder.registry.is_known(callee.name)

    def _of_routers(self) -> Lending:
        """Whether a dependency of some router or application lends: which of them serve a handler is not asked."""
        found: list[Lending] = []
        for module in self._modules:
            for site in module.sites([b"dependencies"]):
                for word in site.node.keywords:
                    if word.arg == "dependencies":
                        elements = word.value.elts if isinstance(word.value, ast.List | ast.Tuple) else []
                        found += [self._of_expression(each, site.scope, set()) for each in elements]
                        found += [] if elements else [Lending.UNTOLD]
        return most(found)

    def _of_providers(self) -> Lending:
        """Whether some ``Provide(…)`` of Litestar lends: which layer's dependencies a handler takes is not asked."""
        return most(
            self._of_call(self._evaluator.evaluate(each, site.scope), set())
            for module in self._modules
            for site in module.sites([b"Provide"])
            for each in site.node.args[:1]
        )


def _is_marker(node: ast.Call) -> bool:
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    return name in _MARKERS


def _parsed(text: str) -> ast.expr | None:
    """An annotation that is written as a text."""
    try:
        return ast.parse(text, mode="eval").body
    except SyntaxError:
        return None

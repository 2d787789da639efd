"""What stands on a definition and what leads to one: decorators, guards, and the function or class behind a value."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from idem_lint.engine.closures import holders, is_forwarder, run_at_once
from idem_lint.engine.dotted_names import written
from idem_lint.engine.module_facts import CallSite, FunctionNode, is_inside, positional, terminal
from idem_lint.engine.scope_lookup import CALLABLE
from idem_lint.engine.value_types import (
    Applied,
    Bound,
    Environment,
    External,
    Func,
    Items,
    Klass,
    Lambda,
    Made,
    Member,
    Parameter,
    Value,
    either,
    options,
    with_innermost,
)
from idem_lint.finding.decorator_matching import Matcher
from idem_lint.finding.interface import Link

if TYPE_CHECKING:
    from idem_lint.engine.evaluator import Evaluator
    from idem_lint.finding.known_frameworks import Registry


class Definitions:
    """Reads the decorators of definitions, and definitions through what is put on them."""

    def __init__(self, evaluator: Evaluator, registry: Registry) -> None:
        self.evaluator = evaluator
        self.registry = registry
        self.matcher = Matcher(evaluator, registry)
        self._links: dict[ast.AST, list[Link]] = {}
        self._holders: dict[tuple[ast.AST, str], set[str]] = {}
        self._wrappers: dict[ast.AST, ast.expr] = {}
        self.wrapper_names: set[ast.AST] = set()

    def forget_links(self) -> None:
        """Drop the chains of decorators that were read before all modules were known."""
        self._links.clear()

    def links(self, function: Func) -> list[Link]:
        """The decorators of a definition, nearest first, with what the project's own decorators apply."""
        if function.environment:
            return self._chain(function)
        if function.node not in self._links:
            self._links[function.node] = self._chain(function)
        return self._links[function.node]

    def _chain(self, function: Func) -> list[Link]:
        found: list[Link] = []
        value: Value = function
        for node in reversed(function.node.decorator_list):
            decorator = self._decorator(node, function)
            for each in self._stacked(node, function) or [decorator]:
                applied = self.evaluator.apply(each, value, node, function.scope)
                found.extend(_new_links(applied, value, node))
                value = next((each for each in options(applied) if isinstance(each, Applied)), value)
        return found

    def _decorator(self, node: ast.expr, function: Func) -> Value:
        """A decorator; ``@post(path)`` is made by its call whatever ``path`` is, and puts nothing on it."""
        value = self.evaluator.evaluate(node, function.scope, function.environment)
        if not (isinstance(value, Applied) and isinstance(value.target, Parameter)):
            return value
        call = _call(node, function)
        return (
            Made(value.decorator, call, function.scope, function.environment) if call is not None else value
        )

    def _stacked(self, node: ast.expr, function: Func) -> list[Value]:
        """Decorators given to a project function that stacks them: ``compose(router.post("/x"), money_moving)``."""
        call = _call(node, function)
        if call is None:
            return []
        values = [self.evaluator.evaluate(item, function.scope, function.environment) for item in call.args]
        routes = [
            item
            for item in values
            if isinstance(item, Made) and self.matcher.match(item.callee, function.module)
        ]
        return values[::-1] if routes else []

    def guard_values(self, value: Value) -> Iterator[Value]:
        """Decorators in a list, tuple or alone; a FastAPI ``Depends(guard)`` is its guard."""
        for option in options(value):
            made = option if isinstance(option, Made) and isinstance(option.callee, External) else None
            if made is not None and terminal(made.call.func) in {"Depends", "Security"} and made.call.args:
                yield self.evaluator.evaluate(made.call.args[0], made.scope, made.environment)
            elif isinstance(option, Items):
                for item in option.items:
                    yield from self.guard_values(item)
            else:
                yield option

    def definition(self, target: Value) -> Func | Lambda | Klass | None:
        """The definition that a registered value leads to."""
        while isinstance(target, Applied):
            target = target.target
        if isinstance(target, Func | Lambda | Klass):
            return target
        if isinstance(target, Bound):
            return target.function
        if isinstance(target, Made) and isinstance(target.callee, Klass):
            call = self.evaluator.class_attribute(target.callee, "__call__")
            if isinstance(call, Func):
                is_bare = not call.node.decorator_list
                return (
                    None if is_bare and is_forwarder(call) else call
                )  # whom it forwards to could not be told
            return target.callee
        return None

    def seen_through(self, target: Value) -> Value:
        """What a registration is of: not the wrapper that a project decorator makes of what it is put on, but that."""
        found = [self._behind_wrapper(option) for option in options(target)]
        return either(found)

    def _behind_wrapper(self, target: Value) -> Value:
        wrapper = target
        while isinstance(wrapper, Applied):
            wrapper = wrapper.target
        inner = self._decorated_by(wrapper) if isinstance(wrapper, Func) else None
        if not isinstance(wrapper, Func) or inner is None:
            return target
        node = self._wrappers.get(wrapper.node)
        if node is None:
            node = ast.copy_location(ast.Name(wrapper.node.name, ast.Load()), wrapper.node)
            self._wrappers[wrapper.node] = node
            self.wrapper_names.add(node)
        value: Value = Applied(wrapper, inner, node, wrapper.scope)
        for link in self.links(wrapper):
            value = Applied(link.decorator, value, link.node, link.scope)
        return with_innermost(target, value)

    def _decorated_by(self, wrapper: Func) -> Value | None:
        """What the decorator around a closure is put on, if the closure uses that: its first parameter, or the second of
        a method.
        """
        decorator = wrapper.scope.node
        if isinstance(decorator, FunctionNode) and decorator in self.evaluator.applications:
            for parameter in positional(decorator)[:2]:
                if wrapper.node.name in self._held(decorator, parameter.arg):
                    inner = self.evaluator.lookup(parameter.arg, wrapper.scope, wrapper.environment)
                    if isinstance(inner, (*CALLABLE, Parameter)):
                        return inner
        return None

    def _held(self, decorator: FunctionNode, parameter: str) -> set[str]:
        """The names in a decorator by which its parameter, or a closure that uses it, can be had."""
        key = decorator, parameter
        if key not in self._holders:
            self._holders[key] = holders(parameter, run_at_once(decorator))
        return self._holders[key]

    def run_by(self, callee: Value, site: CallSite, env: Environment) -> Func | Bound | Lambda | None:
        """The project function that runs where a callee is called: itself, ``__call__`` or ``__init__``. None where there
        is none, and where the call stands in that function.
        """
        found: Value = self.evaluator.callable_instance(callee) or callee
        if isinstance(callee, Klass):
            made = Made(callee, site.node, site.scope, env)
            init = self.evaluator.class_attribute(callee, "__init__")
            found = Bound(init, made) if isinstance(init, Func) else callee
        if not isinstance(found, Func | Bound | Lambda):
            return None
        function = found.function if isinstance(found, Bound) else found
        is_recursive = is_inside(site.scope, function.body) and function.node is site.scope.node
        return None if is_recursive else found

    def view_class(self, target: Value) -> Klass | None:
        """The view class that a registered value leads to: ``View``, ``View()``, ``View.as_view("name")``."""
        while isinstance(target, Applied):
            target = target.target
        if isinstance(target, Made):
            target = target.callee
            if isinstance(target, Member):
                target = target.owner
            elif isinstance(target, Klass) and self.evaluator.class_attribute(target, "__call__") is not None:
                return None
        return target if isinstance(target, Klass) else None


def _call(node: ast.expr, function: Func) -> ast.Call | None:
    """The call that a decorator is, or that its name is bound to."""
    call: ast.AST | None = node
    if isinstance(node, ast.Name):
        call = next((each.node for each in function.scope.bindings.get(node.id, ())), None)
    return call if isinstance(call, ast.Call) else None


def _new_links(applied: Value, before: Value, node: ast.expr) -> list[Link]:
    chain: list[Link] = []
    for option in options(applied):
        each: Value = option
        part: list[Link] = []
        while isinstance(each, Applied) and each is not before:
            part.append(Link(each.decorator, node, each.target, each.scope, written(node)))
            each = each.target
        chain.extend(reversed(part))
    return chain

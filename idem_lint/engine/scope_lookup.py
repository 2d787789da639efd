"""What names are: through scopes, assignments, imports, and what a project puts into its collections.

The resolver asks ``modules`` for other modules of the project; with none to give it judges one file alone.
"""

from __future__ import annotations

import ast
import builtins
from abc import abstractmethod
from collections.abc import Callable, Iterator
from functools import partial
from typing import cast

from idem_lint.engine import constants
from idem_lint.engine.conditions import Conditions, Tests, conditions_in
from idem_lint.engine.filled_collections import FilledCollections, Modules
from idem_lint.engine.module_facts import (
    Arm,
    Binding,
    FunctionNode,
    Module,
    Scope,
    is_inside,
    outermost,
    terminal,
)
from idem_lint.engine.value_types import (
    UNKNOWN,
    Applied,
    Bound,
    Environment,
    External,
    Func,
    Items,
    Klass,
    Lambda,
    Made,
    Parameter,
    ProjectModule,
    Table,
    Unknown,
    Value,
    either,
    options,
)

_CALLEES = 60
_NOT_YET: Value = UNKNOWN
SELF = ast.Call(ast.Name("cls"), [], [])
"""The call that made ``self``, of the class around a method or of one that extends it."""
EXACTLY = ast.Call(ast.Name("cls"), [], [])
"""The call that made ``self``, of one class and no other."""
CALLABLE = (Func, Lambda, Bound, Applied)
_BUILTINS = frozenset(dir(builtins))
_CLASS_METHODS = frozenset({"classmethod", "classonlymethod"})


class Resolver(FilledCollections):
    """Resolves names; keeps what was cached, and what the project's classes and decorators turned out to do.

    ``present`` are packages that are installed wherever it counts: what stands in for them in an ``except ImportError``
    is not looked at.
    """

    def __init__(self, modules: Modules, *, present: frozenset[str] = frozenset()) -> None:
        super().__init__(modules)
        self.present = present
        self._assigned: dict[ast.ClassDef, dict[str, FunctionNode]] = {}
        self._conditions: dict[ast.AST, dict[int, Conditions]] = {}
        # The attributes that were read of what nothing is known of, where an environment was to note them.
        self.asked: set[str] = set()
        self._annotations: dict[ast.arg, ast.expr] = {}
        self._classes_made: dict[ast.Call, ast.ClassDef | None] = {}
        self.heirs: dict[ast.AST, dict[ast.AST, Klass]] = {}
        # What the decorators of a function or class note on it: attribute -> value.
        self.put_on: dict[object, dict[str, Value]] = {}
        # What the project puts on classes of packages: attribute -> dotted name of the class -> value.
        self.added: dict[str, dict[str, Value]] = {}

    @abstractmethod
    def attribute(self, owner: Value, name: str) -> Value:
        """The attribute of a value: through modules, classes, instances; else a :class:`Member`."""

    @abstractmethod
    def entered(self, manager: Value) -> Value:
        """What ``with manager as name`` gives the name."""

    @abstractmethod
    def apply(self, decorator: Value, target: Value, node: ast.expr, scope: Scope) -> Value:
        """``decorator(target)``."""

    def forget(self) -> None:
        """Drop what was cached before all modules were known."""
        self.forget_answers()

    def lookup(self, name: str, scope: Scope, env: Environment, line: int | None = None) -> Value:
        """The value of a name, seen from ``scope`` at ``line``."""
        current: Scope | None = scope
        while current is not None:
            if (id(current.node), name) in env:
                return self._given(name, current, env, line if current is scope else None)
            if current is scope or not current.is_class:
                found = current.bindings.get(name)
                if found and not (current.is_class and _is_later(found, line)):
                    return self.bound(found, current, env, line)
                starred = self._starred(name, current)
                if starred is not None:
                    return starred
            line = line if current.is_class else None  # a class body runs where it stands, a function later
            current = current.parent
        if name in _BUILTINS:
            return External(f"builtins.{name}")
        return Unknown(f"`{name}` is not defined in this file")

    def argument(self, node: ast.Name, scope: Scope, env: Environment) -> Value | None:
        """What a name is where a call or a loop gives just that, which needs no looking into; else ``None``."""
        value = env.get((id(scope.node), node.id))
        if value is None or isinstance(value, Items | Table):
            return None
        found = [binding for binding in scope.bindings.get(node.id, ()) if not binding.repeated]
        return value if len(found) < 2 or found[0].kind != "parameter" else None

    def _given(self, name: str, scope: Scope, env: Environment, line: int | None) -> Value:
        """What a name is that a call or a loop gives: an argument also as the function assigns it anew or fills it."""
        value = env[id(scope.node), name]
        found = [binding for binding in scope.bindings.get(name, ()) if not binding.repeated]
        if found and found[0].kind == "parameter":
            if len(found) > 1:
                return self.bound(found, scope, env, line)
            if isinstance(value, Items | Table):
                return self._grown(value, name, scope, env)
        return value

    def _starred(self, name: str, scope: Scope) -> Value | None:
        for origin in scope.stars:
            module = self.modules.find(origin, scope.module)
            if module is None:
                if name not in _BUILTINS:
                    return External(f"{origin}.{name}")
            elif name in module.scope.bindings or module.scope.stars:
                find = partial(self.lookup, name, module.scope, {})
                # Modules may import each other's names.
                value = self.ask(("star", module, name), find, _NOT_YET)
                if not isinstance(value, Unknown):
                    return value
        return None

    def bound(self, found: list[Binding], scope: Scope, env: Environment, line: int | None) -> Value:
        """What a name is, given its bindings: the last one before ``line``, or one of the branches."""
        tests = self.tests(scope, env)
        before = [binding for binding in found if line is None or binding.line < line] or found
        reaching: list[Binding] = []
        covered: dict[
            int, set[tuple[Arm, ...]]
        ] = {}  # the branches that are bound later, by how deep they are
        for binding in reversed(before):
            arms = binding.arms
            if not any(arms[:depth] in branches for depth, branches in covered.items()):
                is_sure = self.is_reached(binding.node, tests) if arms and env else None
                if is_sure is False:
                    continue
                reaching.append(binding)
                covered.setdefault(len(arms), set()).add(arms)
                if is_sure or not arms:  # nothing before it is left
                    break
        if len(reaching) > 1:
            reaching = self._without_fallbacks(reaching)
        return either([self._binding(binding, found, scope, env) for binding in reaching])

    def holds(self, node: ast.AST | None, scope: Scope, env: Environment) -> bool | None:
        """Whether the conditions hold that an expression of a function stands under; ``None`` where arguments do not
        decide it.
        """
        return self.is_reached(node, self.tests(scope, env))

    def tests(self, scope: Scope, env: Environment) -> Tests:
        """The tests of a function, for these arguments."""

        def settle(test: ast.expr, find: Callable[[], bool | None]) -> bool | None:
            answer = self.ask_about_arguments(("test", test, scope, self.given(env, scope)), find, None)
            return answer if isinstance(answer, bool) else None  # not where the limit was reached

        return Tests(scope, env, self._evaluate_plainly, settle)

    def _evaluate_plainly(self, node: ast.expr, scope: Scope, env: Environment) -> Value:
        """The value of a part of a test, which is hardly ever decided by what a function makes of its arguments."""
        before, self.is_plain = self.is_plain, True
        try:
            return self.evaluate(node, scope, env)
        finally:
            self.is_plain = before

    def is_reached(self, node: ast.AST | None, tests: Tests) -> bool | None:
        """As :meth:`holds`, for one of several expressions of a function, whose tests are often the same."""
        scope = tests.scope
        known = self._conditions.get(scope.node)
        if known is None:
            known = self._conditions[scope.node] = conditions_in(scope.node)
        conditions = known.get(id(node))
        answer = tests.hold(conditions) if conditions is not None else None
        return None if answer is False and self._calls_itself(scope) else answer

    def _calls_itself(self, scope: Scope) -> bool:
        """Whether a function leads back to itself, with other arguments then; so it is taken to after many others."""
        start = outermost(scope)
        return self.ask(("recursive", start), partial(self._leads_to_itself, start), meanwhile=True)

    def _leads_to_itself(self, start: Scope) -> bool:
        seen: set[ast.AST] = set()
        waiting = [start] if start.is_function else []
        while waiting and start.node not in seen and len(seen) < _CALLEES:
            callees = [callee for callee in self._callees(waiting.pop()) if callee.node not in seen]
            seen.update(callee.node for callee in callees)
            waiting += callees
        return start.node in seen or bool(waiting)

    def _callees(self, scope: Scope) -> Iterator[Scope]:
        """The functions of the project that are called in a function, but for those that are defined inside it."""
        for site in scope.module.sites_in(scope):
            for option in options(self.evaluate(site.node.func, site.scope)):
                function = option.function if isinstance(option, Bound) else option
                if isinstance(function, Func):
                    is_own = is_inside(function.scope, scope)
                    yield from () if is_own else (outermost(function.body),)

    def _without_fallbacks(self, reaching: list[Binding]) -> list[Binding]:
        """The bindings but for those in an ``except`` clause where the import that was tried is taken to succeed."""
        tried = {
            arm
            for binding in reaching
            if binding.kind == "import" and binding.target.partition(".")[0] in self.present
            for arm in binding.arms
        }
        if not tried:
            return reaching
        return [
            binding
            for binding in reaching
            if not any(arm < 0 and (line, 0) in tried for line, arm in binding.arms)
        ]

    def _binding(self, binding: Binding, found: list[Binding], scope: Scope, env: Environment) -> Value:
        node = binding.node
        if binding.kind == "import":
            return self.imported(binding.target, scope.module)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            return self._defined(Func(node, scope, env))
        if isinstance(node, ast.ClassDef):
            return Klass(node, scope, env)
        if isinstance(node, ast.arg):
            given = env.get((id(scope.node), node.arg))
            return given if given is not None else self._parameter(node, scope, env)
        if binding.kind == "extend" and isinstance(node, ast.expr):
            return self._extended(binding, node, found, scope, env)
        if isinstance(node, ast.expr):
            value = self.evaluate(node, scope, env)
            if binding.kind == "loop":
                value = constants.any_of(value)
            elif binding.kind == "with":
                value = self.entered(value)
            if isinstance(value, Items | Table) and not binding.path:
                value = self._grown(value, binding.name, scope, env)
            return constants.unpack(value, binding.path)
        return UNKNOWN

    def _extended(
        self, binding: Binding, node: ast.expr, found: list[Binding], scope: Scope, env: Environment
    ) -> Value:
        """A name after ``+=``: what it was before, with what is added. It is kept: of many such lines in branches each may
        follow on each of those before it, and the ways back multiply.
        """
        earlier = [other for other in found if other.line < binding.line]

        def find(given: Environment) -> Value:
            start = self.bound(earlier, scope, given, None) if earlier else UNKNOWN
            return constants.binary(ast.Add(), start, self.evaluate(node, scope, given))

        return self.settled("extended", binding, scope, env, find, UNKNOWN)

    def _defined(self, function: Func) -> Value:
        """A function, or what it wraps: ``functools.wraps(view)`` makes it that view, seen through its decorators."""
        wrapped = self.wrapped(function) if function.scope.is_function else None
        if wrapped is None:
            return function
        chain: Value = Applied(function, wrapped, function.node.decorator_list[-1], function.scope)
        for inner in reversed(function.node.decorator_list):
            if terminal(inner.func if isinstance(inner, ast.Call) else inner) != "wraps":
                decorator = self.evaluate(inner, function.scope, function.environment)
                chain = self.apply(decorator, chain, inner, function.scope)
        return chain

    def wrapped(self, function: Func) -> Value | None:
        """What ``@functools.wraps(…)`` on a function names, if that is a function or a parameter."""
        for node in function.node.decorator_list:
            if isinstance(node, ast.Call) and terminal(node.func) == "wraps" and node.args:
                value = self.evaluate(node.args[0], function.scope, function.environment)
                if isinstance(value, (*CALLABLE, Parameter)):
                    return value
        return None

    def imported(self, dotted: str, importer: Module) -> Value:
        """What an absolute dotted name refers to, seen from a module."""
        known = self.answers.get((dotted, importer))
        if known is not None and known.is_settled:
            return cast("Value", known.value)
        meanwhile: Value = External(dotted)
        return self.ask((dotted, importer), partial(self._imported, dotted, importer), meanwhile)

    def _imported(self, dotted: str, importer: Module) -> Value:
        module = self.modules.find(dotted, importer)
        if module is not None:
            return ProjectModule(module)
        head, _, tail = dotted.rpartition(".")
        owner = self.modules.find(head, importer) if head else None
        if owner is None or (owner is importer and tail not in owner.scope.bindings):
            return External(dotted)
        return self.attribute(ProjectModule(owner), tail)

    def _parameter(self, node: ast.arg, scope: Scope, env: Environment) -> Value:
        owner = scope.parent
        function = scope.node
        if (
            owner is not None
            and owner.is_class
            and isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        ):
            first = [*function.args.posonlyargs, *function.args.args][:1]
            if (
                first
                and first[0] is node
                and isinstance(owner.node, ast.ClassDef)
                and owner.parent is not None
            ):
                klass = Klass(owner.node, owner.parent, env)
                return klass if is_classmethod(function) else Made(klass, SELF, owner.parent, env)
        annotation = None
        if node.annotation is not None and scope.parent is not None:
            if node not in self._annotations:  # kept, since what is cached goes by the identity of nodes
                self._annotations[node] = _unquoted(node.annotation)
            annotation = self.evaluate(self._annotations[node], scope.parent, env)
        return Parameter(node.arg, scope, annotation)


def _is_later(found: list[Binding], line: int | None) -> bool:
    """Whether a class body binds a name only below: until then, the name is the one outside."""
    return line is not None and all(binding.line >= line for binding in found)


def is_classmethod(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether a method is bound to its class."""
    return any(terminal(item) in _CLASS_METHODS for item in node.decorator_list)


def _unquoted(node: ast.expr) -> ast.expr:
    """An annotation in quotes as an expression; an ``Annotated`` or ``Optional`` as what it is about."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        try:
            return ast.parse(node.value, mode="eval").body
        except (SyntaxError, ValueError):
            return node
    if isinstance(node, ast.Subscript):
        inner = node.slice.elts[0] if isinstance(node.slice, ast.Tuple) and node.slice.elts else node.slice
        name = node.value.attr if isinstance(node.value, ast.Attribute) else getattr(node.value, "id", "")
        return _unquoted(inner) if name in {"Annotated", "Optional"} else node.value
    if isinstance(node, ast.BinOp):
        return _unquoted(node.left)
    return node

"""What expressions are: literals, tables, loops, and whatever names, attributes and calls come to; nothing is run."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import partial
from typing import cast

from idem_lint.engine import constants
from idem_lint.engine.call_results import Calls
from idem_lint.engine.conditions import Condition, Tests, truth
from idem_lint.engine.environments import Given
from idem_lint.engine.module_facts import Scope, lambda_scope, targets
from idem_lint.engine.value_types import (
    TOO_DEEP,
    UNKNOWN,
    Const,
    Environment,
    External,
    Items,
    Klass,
    Known,
    Lambda,
    Made,
    Parameter,
    ProjectModule,
    Table,
    Value,
    either,
    options,
    told_apart,
)

_MODULES = External("sys.modules")
_OPERATORS: dict[type[ast.operator], str] = {
    ast.Add: "__add__",
    ast.Sub: "__sub__",
    ast.Div: "__truediv__",
    ast.FloorDiv: "__floordiv__",
    ast.MatMult: "__matmul__",
    ast.BitOr: "__or__",
    ast.BitAnd: "__and__",
    ast.LShift: "__lshift__",
    ast.RShift: "__rshift__",
    ast.Mod: "__mod__",
}
COMBINATIONS = 500

_SEEN_THROUGH = tuple(
    External(f"{package}.{name}")
    for package in ("typing", "typing_extensions")
    for name in ("Annotated", "Optional")
)
"""Special forms that are, to whoever uses a value of theirs, what they are about."""


class Evaluator(Calls):
    """Evaluates expressions of any module."""

    def evaluate(self, node: ast.expr, scope: Scope, environment: Environment | None = None) -> Value:
        """The value of an expression in a scope; :class:`Unknown` where it cannot be told."""
        if isinstance(node, Known):
            return node.given
        if isinstance(node, ast.Constant):
            return Const(node.value)
        if environment:
            argument = self.argument(node, scope, environment) if isinstance(node, ast.Name) else None
            if argument is not None:
                return argument
            given = self.given(environment, scope)
            if given is not None and not given.leaves(node, scope):
                return self._evaluated_in(node, scope, given)
        key = (node, scope)
        known = self.answers.get(key)
        if known is not None and known.is_settled:
            return cast("Value", known.value)
        method = getattr(self, "_" + type(node).__name__, None)
        # not a partial: Python 3.13 counts a call from C, and takes far fewer of those than of its own
        return UNKNOWN if method is None else self.ask(key, lambda: method(node, scope, {}), UNKNOWN)

    def _evaluated_in(self, node: ast.expr, scope: Scope, given: Given) -> Value:
        """The value of an expression for these arguments."""
        method = getattr(self, "_" + type(node).__name__, None)
        if method is None:
            return UNKNOWN
        find = partial(method, node, scope, given.environment)
        return self.ask_about_arguments((node, scope, given, self.is_plain), find, TOO_DEEP)

    def _JoinedStr(self, node: ast.JoinedStr, scope: Scope, env: Environment) -> Value:
        parts = [
            self.evaluate(part.value if isinstance(part, ast.FormattedValue) else part, scope, env)
            for part in node.values
        ]
        return Const(
            "".join(str(part.value) if isinstance(part, Const) else constants.UNKNOWN_PART for part in parts)
        )

    def _sequence(self, node: ast.List | ast.Tuple | ast.Set, scope: Scope, env: Environment) -> Items:
        items: list[Value] = []
        complete = True
        for element in node.elts:
            if isinstance(element, ast.Starred):
                inner = constants.iterate(self.row(self.evaluate(element.value, scope, env)))
                complete = complete and isinstance(inner, Items) and inner.complete
                items.extend(inner.items if isinstance(inner, Items) else ())
            else:
                items.append(self.evaluate(element, scope, env))
        return Items(tuple(items), complete)

    _List = _Tuple = _sequence

    def _Set(self, node: ast.Set, scope: Scope, env: Environment) -> Value:
        return constants.as_set(self._sequence(node, scope, env))

    def _Dict(self, node: ast.Dict, scope: Scope, env: Environment) -> Value:
        pairs: list[tuple[Value, Value]] = []
        complete = True
        for key, item in zip(node.keys, node.values, strict=True):
            value = self.evaluate(item, scope, env)
            if key is not None:
                pairs.append((self.evaluate(key, scope, env), value))
            elif isinstance(value, Table):
                pairs.extend(value.pairs)
                complete = complete and value.complete
            else:
                complete = False
        return Table(tuple(pairs), complete)

    def _comprehension(
        self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp, scope: Scope, env: Environment
    ) -> Value:
        loops = tuple((part.target, part.iter) for part in node.generators)
        rounds = self.rounds(loops, scope, env)
        if rounds is None:
            return UNKNOWN
        tests = tuple(Condition(test, holds=True) for part in node.generators for test in part.ifs)
        items = tuple(
            self.evaluate(node.elt, scope, each)
            for each in rounds
            if Tests(scope, each, self.evaluate).hold(tests) is not False
        )
        found = Items(items, ordered=not tests)
        return constants.as_set(found) if isinstance(node, ast.SetComp) else found

    _ListComp = _SetComp = _GeneratorExp = _comprehension

    def _DictComp(self, node: ast.DictComp, scope: Scope, env: Environment) -> Value:
        rounds = self.rounds(tuple((part.target, part.iter) for part in node.generators), scope, env)
        if rounds is None:
            return UNKNOWN
        tests = tuple(Condition(test, holds=True) for part in node.generators for test in part.ifs)
        return Table(
            tuple(
                (self.evaluate(node.key, scope, each), self.evaluate(node.value, scope, each))
                for each in rounds
                if Tests(scope, each, self.evaluate).hold(tests) is not False
            ),
            certain=not tests,
        )

    def _BinOp(self, node: ast.BinOp, scope: Scope, env: Environment) -> Value:
        left = self.evaluate(node.left, scope, env)
        name = _OPERATORS.get(type(node.op))
        if isinstance(left, Made) and name is not None:
            found = self.operated(left, name, node.right, scope, env)
            if found is not None:
                return found
        return constants.binary(node.op, left, self.evaluate(node.right, scope, env))

    def _BoolOp(self, node: ast.BoolOp, scope: Scope, env: Environment) -> Value:
        decides = isinstance(
            node.op, ast.Or
        )  # ``or`` ends with the first that is true, ``and`` with the first that is not
        found: list[Value] = []
        for each in node.values:
            value = self.evaluate(each, scope, env)
            truth = constants.truth(value)
            if truth is not (not decides) or each is node.values[-1]:
                found.append(value)
            if truth is decides:
                break
        return either(found)

    def _IfExp(self, node: ast.IfExp, scope: Scope, env: Environment) -> Value:
        answer = truth(node.test, scope, env, self.evaluate) if env else None
        if answer is not None:
            return self.evaluate(node.body if answer else node.orelse, scope, env)
        return either([self.evaluate(node.body, scope, env), self.evaluate(node.orelse, scope, env)])

    def _NamedExpr(self, node: ast.NamedExpr, scope: Scope, env: Environment) -> Value:
        return self.evaluate(node.value, scope, env)

    def _Await(self, node: ast.Await, scope: Scope, env: Environment) -> Value:
        return self.evaluate(node.value, scope, env)

    def _Subscript(self, node: ast.Subscript, scope: Scope, env: Environment) -> Value:
        owner = self.evaluate(node.value, scope, env)
        if owner in _SEEN_THROUGH:
            first = (
                node.slice.elts[0] if isinstance(node.slice, ast.Tuple) and node.slice.elts else node.slice
            )
            return self.evaluate(first, scope, env)
        owners = options(owner)
        if isinstance(node.slice, ast.Slice):
            bounds = [self._bound(each, scope, env) for each in _bounds(node.slice)]
            return either([constants.part(owner, bounds) for owner in owners])
        return either([self._item(owner, node.slice, scope, env) for owner in owners])

    def _item(self, owner: Value, key: ast.expr, scope: Scope, env: Environment) -> Value:
        if owner == _MODULES and isinstance(key, ast.Name) and key.id == "__name__":
            return ProjectModule(scope.module)
        if isinstance(owner, ProjectModule):  # ``globals()["name"]``
            names = options(self.evaluate(key, scope, env))
            return either(
                [self.attribute(owner, str(name.value)) for name in names if isinstance(name, Const)]
            )
        if (
            isinstance(owner, Made)
            and (found := self.operated(owner, "__getitem__", key, scope, env)) is not None
        ):
            return found
        if isinstance(owner, Items | Table | Parameter | Made):
            return constants.item(self.row(owner), self.evaluate(key, scope, env))
        if isinstance(owner, Klass) and (found := self.subscripted(owner, key, scope, env)) is not None:
            return found
        return owner if isinstance(owner, External | Klass) else UNKNOWN

    def _bound(self, node: ast.expr | None, scope: Scope, env: Environment) -> Value:
        return self.evaluate(node, scope, env) if node is not None else Const(None)

    def _UnaryOp(self, node: ast.UnaryOp, scope: Scope, env: Environment) -> Value:
        value = self.evaluate(node.operand, scope, env)
        number = value.value if isinstance(value, Const) else None
        return Const(-number) if isinstance(number, int) and isinstance(node.op, ast.USub) else UNKNOWN

    def _Lambda(self, node: ast.Lambda, scope: Scope, env: Environment) -> Value:
        return Lambda(node, scope, lambda_scope(node, scope), env)

    def _Name(self, node: ast.Name, scope: Scope, env: Environment) -> Value:
        return self.lookup(node.id, scope, env, node.lineno)

    def _Attribute(self, node: ast.Attribute, scope: Scope, env: Environment) -> Value:
        owner = self.evaluate(node.value, scope, env)
        names = self.namespace(owner) if node.attr == "__dict__" else None
        if names is not None:
            return names
        return either([self.read_attribute(option, node.attr, env) for option in told_apart(owner)])

    def rounds(
        self, loops: tuple[tuple[ast.expr, ast.expr], ...], scope: Scope, env: Environment
    ) -> list[Environment] | None:
        """One environment per round of nested loops; ``None`` where what they run over is not known. What may be there
        beside what is known has a round of its own, of something unknown.
        """
        found: list[Environment] = [env]
        for target, iterable in loops:
            following: list[Environment] = []
            for each in found:
                items = constants.iterate(self.evaluate(iterable, scope, each))
                if not isinstance(items, Items):
                    if len(found) == 1:
                        return None
                    items = Items(
                        (), complete=False
                    )  # of one round of many, which says nothing of the others
                more = () if items.complete else (UNKNOWN,)
                following.extend(
                    {**each, **{(id(scope.node), name): value for name, value in self._bind(target, item)}}
                    for item in (*items.items, *more)
                )
            if len(following) > COMBINATIONS:
                return None
            found = following
        return found

    def _bind(self, target: ast.expr, item: Value) -> Iterator[tuple[str, Value]]:
        for name, path in targets(target):
            yield name, self.unpacked(item, path)


def _bounds(node: ast.Slice) -> tuple[ast.expr | None, ...]:
    return node.lower, node.upper, node.step

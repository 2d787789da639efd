"""The serializer and form classes that views have: what ``get_serializer()`` makes, by the action that it is made for."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from idem_lint.engine.evaluator import Evaluator
from idem_lint.engine.module_facts import FunctionNode, Scope
from idem_lint.engine.scope_lookup import SELF
from idem_lint.engine.value_types import Func, Klass, Made, Member, Table, Unknown, Value, options

GIVES_FORM = frozenset({"get_serializer", "get_form", "get_serializer_class", "get_form_class"})
_CLASSES = ("serializer_class", "form_class")
_GIVES_CLASS = ("get_serializer_class", "get_form_class")


class ViewSerializers:
    """Answers with the classes that a view class names."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator

    def of_made(self, made: Made) -> Iterator[Klass]:
        """The class of what ``self.get_serializer(…)`` gives: of the method around, where that has one of its own."""
        for callee in options(made.callee):
            if isinstance(callee, Member) and callee.name in GIVES_FORM and isinstance(callee.owner, Made):
                given = list(self._given_class(made, callee.name))
                if given:
                    yield from given
                    continue
                action = made.scope.node
                of_action = list(self._of_action(action, made.scope))
                name = action.name if isinstance(action, ast.FunctionDef | ast.AsyncFunctionDef) else ""
                for view in _classes(callee.owner.callee):
                    yield from of_action or self.of_view(view, name)

    def _given_class(self, made: Made, name: str) -> Iterator[Klass]:
        """The class that ``self.get_form(PaymentForm)`` is asked for an instance of."""
        if name == "get_form":
            named = [word.value for word in made.call.keywords if word.arg == "form_class"]
            for argument in [*made.call.args[:1], *named]:
                yield from _classes(self._evaluator.evaluate(argument, made.scope, made.environment))

    def of_view(self, klass: Klass, action: str = "") -> Iterator[Klass]:
        """The serializer or form classes that a view class names, for an action where one is asked about."""
        chosen = [found for name in _GIVES_CLASS for found in self._given(klass, name, action)]
        if not (action and chosen):
            for name in _CLASSES:
                yield from _classes(self._evaluator.class_attribute(klass, name))
        yield from chosen

    def _of_action(self, node: ast.AST, scope: Scope) -> Iterator[Klass]:
        """``@action(detail=True, serializer_class=TopUpSerializer)`` of the method itself."""
        for decorator in (
            node.decorator_list if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) else ()
        ):
            for word in decorator.keywords if isinstance(decorator, ast.Call) else ():
                if word.arg in _CLASSES:
                    yield from _classes(self._evaluator.evaluate(word.value, scope.parent or scope))

    def _given(self, klass: Klass, name: str, action: str) -> Iterator[Klass]:
        """What ``get_serializer_class`` returns: of its branches that of the action, where there is one."""
        found = options(self._evaluator.class_attribute(klass, name) or Unknown())
        for option in (each for each in found if isinstance(each, Func)):
            first = [*option.node.args.posonlyargs, *option.node.args.args][:1]
            instance = Made(klass, SELF, klass.scope, klass.environment)
            env = {**option.environment, **{(id(option.node), each.arg): instance for each in first}}
            for returned in _of_branches(option.node, option.body.returns, action):
                yield from self._chosen(returned, option.body, action, env)

    def _chosen(
        self, node: ast.expr, scope: Scope, action: str, env: dict[tuple[int, str], Value]
    ) -> Iterator[Klass]:
        """The classes of what is returned; of a table that is asked for ``self.action``, the one of the action."""
        table = node.value if isinstance(node, ast.Subscript) else None
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "get":
            table = node.func.value
        asked: Value = self._evaluator.evaluate(table, scope, env) if table is not None else Unknown()
        for option in (each for each in options(asked) if isinstance(each, Table)):
            own = option.get(action)
            for value in [own] if own is not None else [value for _, value in option.pairs]:
                yield from _classes(value)
        yield from _classes(self._evaluator.evaluate(node, scope, env))


def _of_branches(node: FunctionNode, returned: list[ast.expr], action: str) -> list[ast.expr]:
    """What is returned where ``self.action`` is asked for an action, else what is returned for no action in particular."""
    if not action:
        return returned
    of_actions: dict[str, list[ast.expr]] = {}
    for part in ast.walk(node):
        if isinstance(part, ast.If):
            inside = [
                each.value for each in part.body if isinstance(each, ast.Return) and each.value is not None
            ]
            for name in _asked_actions(part.test):
                of_actions.setdefault(name, []).extend(inside)
    told = {id(each) for found in of_actions.values() for each in found}
    return of_actions.get(action) or [each for each in returned if id(each) not in told]


def _asked_actions(test: ast.expr) -> Iterator[str]:
    """The names in ``self.action == "refund"`` and ``self.action in ("refund", "void")``."""
    for part in ast.walk(test):
        if isinstance(part, ast.Compare) and isinstance(part.ops[0], ast.Eq | ast.In):
            is_asked = isinstance(part.left, ast.Attribute) and part.left.attr == "action"
            names = [each.value for each in ast.walk(part.comparators[0]) if isinstance(each, ast.Constant)]
            yield from (name for name in names if is_asked and isinstance(name, str))


def _classes(value: Value | None) -> list[Klass]:
    return [option for option in options(value) if isinstance(option, Klass)] if value is not None else []


__all__ = ["GIVES_FORM", "ViewSerializers"]

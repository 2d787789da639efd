"""What a Pyramid view is given elsewhere: by its class's ``view_defaults``, by the project's own ``view_config``."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from idem_lint.engine import parameter_binding
from idem_lint.engine.value_types import Applied, Bound, External, Func, Klass, Made, Value
from idem_lint.finding.interface import Registration

if TYPE_CHECKING:
    from idem_lint.finding.interface import Finder


def defaults(finder: Finder, found: Registration) -> dict[str, Value]:
    """What ``@view_defaults`` of the class and the project's own ``view_config`` set."""
    given: dict[str, Value] = {}
    target = found.target
    while isinstance(target, Applied):
        target = target.target
    klass = target if isinstance(target, Klass) else _class_of(target)
    for base in finder.evaluator.mro(klass) if klass is not None else ():
        made = list(_made_defaults(finder, base)) if isinstance(base, Klass) else []
        if made:
            given.update(
                parameter_binding.read(
                    made[0].call, finder.evaluator, made[0].scope, made[0].environment
                ).keywords
            )
            break
    decorator = (
        finder.evaluator.evaluate(found.node, found.scope) if isinstance(found.node, ast.expr) else None
    )
    if isinstance(decorator, Made) and isinstance(decorator.callee, Klass):
        given.update(_constructor_defaults(finder, decorator.callee))
    return given


def _class_of(target: Value) -> Klass | None:
    function = target.function if isinstance(target, Bound) else target
    if isinstance(function, Func) and isinstance(function.scope.node, ast.ClassDef) and function.scope.parent:
        return Klass(function.scope.node, function.scope.parent, function.environment)
    return None


def _made_defaults(finder: Finder, klass: Klass) -> Iterator[Made]:
    for node in klass.node.decorator_list:
        value = finder.evaluator.evaluate(node, klass.scope, klass.environment)
        callee = value.callee if isinstance(value, Made) else None
        if (
            isinstance(value, Made)
            and isinstance(callee, External)
            and callee.name.endswith(".view_defaults")
        ):
            yield value


def _constructor_defaults(finder: Finder, klass: Klass) -> Iterator[tuple[str, Value]]:
    """``settings.setdefault("request_method", "POST")`` or ``super().__init__(request_method="POST", …)``."""
    constructor = finder.evaluator.class_attribute(klass, "__init__")
    if not isinstance(constructor, Func):
        return
    for node in ast.walk(constructor.node):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr == "setdefault" and len(node.args) == 2:
                name = parameter_binding.text(finder.evaluator.evaluate(node.args[0], constructor.body))
                if name is not None:
                    yield name, finder.evaluator.evaluate(node.args[1], constructor.body)
            elif node.func.attr == "__init__":
                for word in node.keywords:
                    if word.arg is not None:
                        yield word.arg, finder.evaluator.evaluate(word.value, constructor.body)

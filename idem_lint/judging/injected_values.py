"""What a framework gives the parameters of a handler: what ``Depends(get_repository)`` comes to, with what that is given."""

from __future__ import annotations

import ast

from idem_lint.engine.evaluator import Evaluator
from idem_lint.engine.module_facts import arguments, lambda_scope
from idem_lint.engine.value_types import (
    Environment,
    Func,
    Klass,
    Lambda,
    Made,
    Parameter,
    Unknown,
    Value,
    options,
)
from idem_lint.judging.shown_connection import ShownConnections
from idem_lint.reach.targets import default_of

_DEEPEST = 4


class InjectedValues:
    """Evaluates the dependencies of functions."""

    def __init__(self, evaluator: Evaluator, shown: ShownConnections) -> None:
        self._evaluator = evaluator
        self._shown = shown

    def environment(self, function: Func | Lambda, depth: int = _DEEPEST) -> Environment:
        """The environment of a call by the framework: parameters whose dependency is the project's have its value."""
        given = dict(function.environment)
        scope = lambda_scope(function.node, function.scope) if isinstance(function, Lambda) else function.body
        for parameter in arguments(function.node.args):
            default = default_of(Parameter(parameter.arg, scope))
            value = self._of_parameter(function, parameter, default, depth)
            if value is not None:
                given[id(function.node), parameter.arg] = value
        return given

    def _of_parameter(
        self, function: Func | Lambda, parameter: ast.arg, default: ast.expr | None, depth: int
    ) -> Value | None:
        provider: Value | None = None
        if isinstance(default, ast.Call):
            provider = self._shown.injected(default, function.scope)
        elif parameter.annotation is not None:
            provider = self._shown.annotated(parameter.annotation, function.scope)
        for option in options(provider) if provider is not None and depth else ():
            if isinstance(option, Func):
                return self._returned(option, depth)
            if isinstance(option, Klass):
                made = ast.Call(func=ast.Name(option.node.name, ast.Load()), args=[], keywords=[])
                return Made(option, ast.copy_location(made, option.node), option.scope, option.environment)
        return None

    def _returned(self, provider: Func, depth: int) -> Value | None:
        """What a dependency returns or yields, the first that is known."""
        given = self.environment(provider, depth - 1)
        nodes = [*provider.body.yields, *provider.body.returns]
        values = (self._evaluator.evaluate(node, provider.body, given) for node in nodes)
        return next((value for value in values if not isinstance(value, Unknown)), None)

"""What a call may run, with what is known of its arguments: what does not tell one call from another is left out."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast

from idem_lint.engine.evaluator import Evaluator
from idem_lint.engine.module_facts import FunctionNode
from idem_lint.engine.value_types import (
    UNKNOWN,
    Applied,
    Bound,
    Const,
    Environment,
    External,
    Func,
    Items,
    Klass,
    Lambda,
    Made,
    Member,
    Parameter,
    Table,
    Unknown,
    Value,
    innermost,
)
from idem_lint.reach.column_names import is_balance, is_opening, is_running, is_status

_BOOL = External("builtins.bool")
_ASKED = frozenset(
    {"request", "kwargs", "args", "data", "body", "params", "headers", "GET", "POST", "cleaned_data", "json"}
)
"""What a request is called, and what it holds: of it the source never says more."""


@dataclass(frozen=True, slots=True, eq=False)
class Target:
    """A function that a call may run. ``environment`` holds what is known of its arguments; ``is_guess``: only names say
    so.
    """

    function: Func | Lambda
    environment: Environment = field(default_factory=dict["tuple[int, str]", "Value"])
    is_deferred: bool = False
    is_guess: bool = False


def default_of(parameter: Parameter) -> ast.expr | None:
    """The default of a parameter as it is written; ``None`` where it has none."""
    spec = cast("FunctionNode | ast.Lambda", parameter.scope.node).args  # nothing else has parameters
    positional = [*spec.posonlyargs, *spec.args]
    defaults: list[tuple[ast.arg, ast.expr | None]] = [
        *zip(reversed(positional), reversed(spec.defaults), strict=False),
        *zip(spec.kwonlyargs, spec.kw_defaults, strict=True),
    ]
    return next((default for argument, default in defaults if argument.arg == parameter.name), None)


def arguments(evaluator: Evaluator, function: Func | Lambda, made: Made, *, bound: bool) -> Environment:
    """What a call gives a function: a default is none that decides where ``**data`` may give another value."""
    env = evaluator.arguments(function, made, bound=bound)
    if not any(
        word.arg is None and not _is_whole(evaluator, word.value, made) for word in made.call.keywords
    ):
        return env
    named = {word.arg for word in made.call.keywords}
    spec = function.node.args
    positional = [*spec.posonlyargs, *spec.args][::-1]
    left = {argument.arg for argument in positional[: len(spec.defaults)]}
    left |= {argument.arg for argument in spec.kwonlyargs}
    return {
        (key, name): value
        for (key, name), value in env.items()
        if key != id(function.node) or name not in left - named
    }


def _is_whole(evaluator: Evaluator, node: ast.expr, made: Made) -> bool:
    value = evaluator.spread(evaluator.evaluate(node, made.scope, made.environment))
    return isinstance(value, Table) and value.complete


def keeps_nothing(_: Value) -> bool:
    """That no argument matters but for what it tells."""
    return False


def known(
    function: Func | Lambda, env: Environment, keeps: Callable[[Value], bool] = keeps_nothing
) -> Environment:
    """What of an environment tells one call from another: constants that decide, functions, classes and instances.

    The fewer there are, the more calls of a function are the same, and what is the same is looked at once: an argument
    that is no more than its parameter's annotation says is left out.
    """
    annotated = {
        (id(function.node), argument.arg)
        for argument in (
            *function.node.args.posonlyargs,
            *function.node.args.args,
            *function.node.args.kwonlyargs,
        )
        if argument.annotation is not None
    }
    told = {key: columns_told(value) if isinstance(value, Table) else value for key, value in env.items()}
    return {
        key: value
        for key, value in told.items()
        if _tells(value, is_annotated=key in annotated) or keeps(value)
    }


def columns_told(given: Table) -> Table:
    """What a mapping that is handed on says of money: ``repository.update(key, {"balance": rest})``. Of other values only
    their keys are told, and without a key for money nothing is.
    """
    names = [(name.value, value) for name, value in given.pairs if isinstance(name, Const)]
    if not any(isinstance(name, str) and _is_of_money(name) for name, _ in names):
        return given
    return Table(
        tuple((Const(name), value if isinstance(value, Const) else UNKNOWN) for name, value in names),
        complete=False,
    )


def _is_of_money(key: str) -> bool:
    return is_balance(key) or is_status(key) or is_running(key) or is_opening(key)


def callables(env: Environment) -> Environment:
    """What of an environment may be called, and the instances whose methods and attributes say what else is."""
    return {
        key: value
        for key, value in env.items()
        if isinstance(value, Func | Lambda | Bound | Applied | Klass)
        or (isinstance(value, Made) and isinstance(value.callee, Klass))
    }


def _tells(value: Value, *, is_annotated: bool) -> bool:
    if isinstance(value, Const):
        return value.value is None or isinstance(value.value, bool | str)
    if isinstance(value, Parameter):
        return value.annotation is not None and not is_annotated
    if isinstance(value, Table) and not value.complete:
        return any(isinstance(name, Const) and _is_of_money(str(name.value)) for name, _ in value.pairs)
    if isinstance(value, Items | Table):  # none at all is known to be none
        return value.complete and not (value.items if isinstance(value, Items) else value.pairs)
    if isinstance(value, Made) and value.callee == _BOOL:  # ``execute=bool(key)`` decides
        return True
    if isinstance(value, Made | Member) and (is_annotated or not _is_of_project(value)):
        return isinstance(value, Made) and isinstance(value.callee, Klass)
    return isinstance(value, Func | Lambda | Klass | Bound | Applied | Made | Member)


def _is_of_project(value: Value) -> bool:
    """Whether a value begins with something that the project or a package says more about than that it was asked for."""
    while isinstance(value, Made | Member):
        if isinstance(value, Member) and value.name in _ASKED:
            return False
        value = value.callee if isinstance(value, Made) else value.owner
    return not isinstance(value, Unknown)


def key_of(env: Environment) -> frozenset[tuple[tuple[int, str], object]]:
    """An environment as a key: equal where a function does the same in both."""
    return frozenset((name, _key(value)) for name, value in env.items())


def _key(value: Value) -> object:
    if isinstance(value, Const):
        return type(value.value).__name__, value.value
    if isinstance(value, Made):
        return id(value.call), _key(value.callee)
    if isinstance(value, Member):
        return value.name, _key(value.owner)
    if isinstance(value, Bound):
        return id(value.function.node), _key(value.owner)
    if isinstance(value, External | Items | Table):
        return value
    if isinstance(value, Klass | Func | Lambda):
        return id(value.node)
    if isinstance(value, Parameter):
        return id(value.scope), value.name
    return id(innermost(value))

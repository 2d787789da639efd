"""What values come to here: the dotted name of a decorator or callee, and the function that a call is given."""

from __future__ import annotations

from collections.abc import Iterator

from idem_lint.engine.evaluator import Evaluator
from idem_lint.engine.module_facts import Module
from idem_lint.engine.value_types import (
    Applied,
    Bound,
    Const,
    External,
    Func,
    Klass,
    Made,
    Member,
    Parameter,
    Value,
    options,
)

_LONGEST = 12
"""Through how many calls, attributes and decorators a name is followed."""


def dotted(evaluator: Evaluator, value: Value) -> str:
    """The dotted name of a value of a package, through the calls on its way: ``celery.Celery.task`` for ``app.task``; that
    of its base class where its class is the project's, that of its decorator where it is a decorated function
    (``click.group.command`` for the ``cli.command`` of a ``@click.group()``); empty where it is no package's.
    """
    parts: list[str] = []
    for _ in range(_LONGEST):
        if isinstance(value, External):
            return ".".join([value.name, *reversed(parts)])
        if isinstance(value, Member):
            parts.append(value.name)
            value = value.owner
        elif isinstance(value, Made):
            value = value.callee
        elif isinstance(value, Applied):
            value = value.decorator
        elif isinstance(value, Parameter) and value.annotation is not None:
            value = value.annotation
        elif isinstance(value, Klass):
            base = next((base for base in evaluator.mro(value) if isinstance(base, External)), None)
            if base is None:
                break
            value = base
        elif isinstance(value, Func) and value.node.decorator_list:
            value = evaluator.evaluate(value.node.decorator_list[0], value.scope)
        else:
            break
    return ""


def names(evaluator: Evaluator, value: Value) -> Iterator[str]:
    """The dotted names of a value's alternatives."""
    for option in options(value):
        yield dotted(evaluator, option)


def functions_of(evaluator: Evaluator, value: Value, module: Module) -> Iterator[Func]:
    """The functions that a value is, or stands for: seen through decorators, as a bound method, as the signature of a task
    (``settle.s(1)``), as a partial, or by its dotted name.
    """
    for option in options(value):
        while isinstance(option, Applied | Made | Member):
            option = (
                option.target
                if isinstance(option, Applied)
                else option.callee
                if isinstance(option, Made)
                else option.owner
            )
        if isinstance(option, Bound):
            option = option.function
        if isinstance(option, Func):
            yield option
        elif isinstance(option, Const) and isinstance(option.value, str):
            yield from named(evaluator, option.value, module)


def named(evaluator: Evaluator, name: str, module: Module) -> Iterator[Func]:
    """The function of the project that has a dotted name; none where the name has no dot."""
    if "." not in name or " " in name or "/" in name:
        return
    for option in options(evaluator.imported(name.replace(":", "."), module)):
        while isinstance(option, Applied):
            option = option.target
        if isinstance(option, Func):
            yield option

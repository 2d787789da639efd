"""The arguments of one call as values: positions, keywords, ``*rows`` and ``**options``."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from idem_lint.engine import constants
from idem_lint.engine.value_types import (
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
    Value,
    options,
)

if TYPE_CHECKING:
    from idem_lint.engine.evaluator import Evaluator
    from idem_lint.engine.module_facts import Scope

Methods: TypeAlias = frozenset[str]
GET: Methods = frozenset({"GET"})
POST: Methods = frozenset({"POST"})
ANY: Methods = frozenset({"*"})
_AS_VIEW = frozenset({"as_view", "as_asgi"})
_ALL = frozenset({"*", "ANY", "ALL"})
_KNOWN = _ALL | {"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "CONNECT", "QUERY"}


METHOD_WORDS = (
    "methods", "method", "http_methods", "http_method", "verbs", "verb", "request_method", "allowed_methods",
)  # fmt: skip
HANDLER_WORDS = (
    "handler", "view", "view_func", "endpoint", "func", "function", "callback", "resource", "controller", "cls",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Slot:
    """Where a call takes an argument: its position (``None``: keyword only; -1: the last) and its keywords.

    ``callable``: wherever the first function or class stands; ``verb``: wherever the first HTTP verb does.
    """

    position: int | None = None
    keywords: tuple[str, ...] = ()
    callable: bool = False
    verb: bool = False


@dataclass(frozen=True, slots=True)
class Arguments:
    """What a call is given. ``complete`` is false where a ``*`` or ``**`` could not be expanded; ``rest`` are those of
    them that the callers of the function around the call decide.
    """

    positional: tuple[Value, ...]
    keywords: dict[str, Value]
    complete: bool = True
    rest: tuple[Parameter, ...] = ()

    def get(self, slot: Slot) -> Value | None:
        """The argument in a slot, keyword first; ``None`` where it is not given."""
        for name in slot.keywords:
            if name in self.keywords:
                return self.keywords[name]
        if slot.callable:
            return next((value for value in self.positional if any(map(is_handler, options(value)))), None)
        if slot.verb:
            return next((value for value in self.positional if verbs(value)), None)
        given = len(self.positional)
        if slot.position is not None and -given <= slot.position < given:
            return self.positional[slot.position]
        return None

    def then(self, later: Arguments) -> Arguments:
        """These arguments (of a ``functools.partial``) followed by those of the call."""
        return Arguments(
            (*self.positional, *later.positional),
            {**self.keywords, **later.keywords},
            self.complete and later.complete,
            (*self.rest, *later.rest),
        )


def read(call: ast.Call, evaluator: Evaluator, scope: Scope, env: Environment) -> Arguments:
    """The arguments of a call in an environment."""
    positional: list[Value] = []
    keywords: dict[str, Value] = {}
    complete = True
    rest: list[Parameter] = []
    for node in call.args:
        if isinstance(node, ast.Starred):
            many = evaluator.evaluate(node.value, scope, env)
            rest.extend([many] if isinstance(many, Parameter) else ())
            row = constants.iterate(evaluator.row(many))
            complete = complete and isinstance(row, Items)
            positional.extend(row.items if isinstance(row, Items) else ())
        else:
            positional.append(evaluator.evaluate(node, scope, env))
    for word in call.keywords:
        value = evaluator.evaluate(word.value, scope, env)
        value = value if word.arg is not None else evaluator.spread(value)
        if word.arg is not None:
            keywords[word.arg] = value
        elif isinstance(value, Table):
            complete = complete and value.complete
            pairs = ((name.value, item) for name, item in value.pairs if isinstance(name, Const))
            keywords.update({name: item for name, item in pairs if isinstance(name, str)})
        else:
            complete = False
            rest.extend([value] if isinstance(value, Parameter) else ())
    return Arguments(tuple(positional), keywords, complete, tuple(rest))


def of(made: Made, evaluator: Evaluator) -> Arguments:
    """The arguments a call gives to what registers: where it makes a project class, those of ``super().__init__``."""
    given = read(made.call, evaluator, made.scope, made.environment)
    own = evaluator.class_attribute(made.callee, "__init__") if isinstance(made.callee, Klass) else None
    if not isinstance(own, Func):
        return given
    inner = next(
        (node for node in ast.walk(own.node) if isinstance(node, ast.Call) and _is_super_init(node)), None
    )
    if inner is None:
        return given
    environment = evaluator.arguments(own, made)
    _defaults(own, environment, evaluator)
    return read(inner, evaluator, own.body, environment)


def _is_super_init(node: ast.Call) -> bool:
    func = node.func
    if not isinstance(func, ast.Attribute) or func.attr != "__init__" or not isinstance(func.value, ast.Call):
        return False
    return isinstance(func.value.func, ast.Name) and func.value.func.id == "super"


def _defaults(function: Func, environment: Environment, evaluator: Evaluator) -> None:
    """``options.setdefault("methods", ["POST"])`` on the ``**options`` of a constructor."""
    rest = function.node.args.kwarg
    table = environment.get((id(function.node), rest.arg)) if rest is not None else None
    if rest is None or not isinstance(table, Table):
        return
    for node in ast.walk(function.node):
        if isinstance(node, ast.Call) and _is_default(node, rest.arg):
            pair = [evaluator.evaluate(part, function.body, environment) for part in node.args]
            table = Table(((pair[0], pair[1]), *table.pairs), table.complete)
    environment[id(function.node), rest.arg] = table


def _is_default(node: ast.Call, name: str) -> bool:
    func = node.func
    if not isinstance(func, ast.Attribute) or not isinstance(func.value, ast.Name):
        return False
    return func.value.id == name and func.attr == "setdefault" and len(node.args) == 2


def methods(value: Value) -> tuple[Methods, str]:
    """The HTTP methods a value names, and why not all of them are known (empty where they are)."""
    found: set[str] = set()
    problem = ""
    for option in options(value):
        if isinstance(option, Const) and isinstance(option.value, str):
            words = {word.upper() for word in option.value.replace(",", " ").replace("|", " ").split()}
            found |= {"*"} if words & _ALL else words
        elif isinstance(option, External):
            name = option.name.removesuffix(".value").rpartition(".")[2].upper().removeprefix("METH_")
            found.add("*" if name in _ALL else name)
            problem = problem or ("" if name in _KNOWN else f"its methods come from `{option.name}`")
        elif isinstance(option, Items | Table):
            row = constants.iterate(option)
            for each in row.items if isinstance(row, Items) else ():
                names, why = methods(each)
                found |= names
                problem = problem or why
            if isinstance(row, Items) and not row.complete:
                problem = problem or "a part of its methods is not known from the source"
        elif isinstance(option, Parameter):
            problem = f"its methods come from the parameter `{option.name}`"
        else:
            problem = "its methods cannot be read from the source"
    if "*" in found:
        return ANY, ""
    return frozenset(found), "" if "POST" in found else problem


def parameters_in(value: Value) -> Iterator[Parameter]:
    """The parameters that a value is, is a part of, or has among its items."""
    for option in options(value):
        if isinstance(option, Parameter):
            yield option
        elif isinstance(option, Member):
            yield from parameters_in(option.owner)
        elif isinstance(option, Items):
            for item in option.items:
                yield from parameters_in(item)


def verbs(value: Value) -> Methods:
    """The HTTP verbs that an argument is, a text or a list of nothing else; empty where it is something else."""
    for option in options(value):
        items = option.items if isinstance(option, Items) else (option,)
        words = {str(item.value).upper() for item in items if isinstance(item, Const)}
        if words and len(words) == len(items) and words <= _KNOWN:
            return methods(option)[0]
        name = (
            option.name.rpartition(".")[2].upper().removeprefix("HTTP_")
            if isinstance(option, External)
            else ""
        )
        if name in _KNOWN:
            return frozenset({name})
    return frozenset()


def verb_before_path(text: str) -> Methods:
    """The verb of a text that is a verb and a path (``"POST /transfers"``); empty where it is none."""
    verb, space, path = text.partition(" ")
    return verbs(Const(verb)) if space and path.startswith("/") else frozenset()


def is_handler(value: Value) -> bool:
    """Whether a value is a function or class itself, or a view made of a class."""
    if isinstance(value, Func | Klass | Lambda | Bound | Applied):
        return True
    return isinstance(value, Made) and isinstance(value.callee, Member) and value.callee.name in _AS_VIEW


def text(value: Value | None) -> str | None:
    """A route path, where it is a text."""
    return next(iter(texts(value)), None)


def texts(value: Value | None) -> tuple[str, ...]:
    """The texts that a value may be, or that a list holds."""
    found: list[str] = []
    for option in options(value) if value is not None else ():
        row = option.items if isinstance(option, Items) else (option,)
        found.extend(item.value for item in row if isinstance(item, Const) and isinstance(item.value, str))
    return tuple(dict.fromkeys(found))

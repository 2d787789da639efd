"""What a class statement runs: ``__init_subclass__`` of its bases, and its metaclass, which may register the class; and
``__set_name__`` of what its methods are decorated with.
"""

from __future__ import annotations

import ast
from collections.abc import Container, Iterator
from typing import TYPE_CHECKING

from idem_lint.engine.module_facts import CallSite, FunctionNode, Scope, positional, terminal
from idem_lint.engine.value_types import (
    Const,
    Environment,
    Func,
    Items,
    Klass,
    Known,
    Made,
    Table,
    Value,
    options,
)

if TYPE_CHECKING:
    from idem_lint.engine.evaluator import Evaluator

_HOOK = "__init_subclass__"
_SET_NAME = "__set_name__"
_OF_METACLASS = ("__new__", "__init__")


def is_hook(scope: Scope) -> bool:
    """Whether a scope is in a function that runs once for each class that is made."""
    current: Scope | None = scope
    while current is not None:
        node = current.node
        if isinstance(node, ast.FunctionDef) and current.parent is not None and current.parent.is_class:
            return node.name in {_HOOK, _SET_NAME} or (
                node.name in _OF_METACLASS and _is_metaclass(current.parent)
            )
        current = current.parent
    return False


def _is_metaclass(scope: Scope) -> bool:
    """Whether a class extends ``type``, or what is named as one that does."""
    bases = scope.node.bases if isinstance(scope.node, ast.ClassDef) else []
    return any(terminal(base) == "type" or terminal(base).endswith("Meta") for base in bases)


def calls(
    evaluator: Evaluator, klass: Klass, extended: Container[ast.AST]
) -> Iterator[tuple[CallSite, Environment]]:
    """The calls that the statement of a class runs, each with what its function is given.

    A class that names its metaclass and that others extend is their base: it is made, too, but as nobody's view.
    """
    if klass.node in extended and any(word.arg == "metaclass" for word in klass.node.keywords):
        return
    for function, environment in _hooks(evaluator, klass):
        for site in function.module.sites_in(function.body):
            yield site, environment


def _hooks(evaluator: Evaluator, klass: Klass) -> Iterator[tuple[Func, Environment]]:
    """The functions that the statement of a class runs, each with what it is given."""
    for base in evaluator.mro(klass)[1:]:
        if isinstance(base, Klass) and _HOOK in base.body.bindings:
            for function in _functions(evaluator, base, _HOOK):
                yield function, _environment(evaluator, function, klass, [])
    for metaclass in _metaclasses(evaluator, klass):
        for name in _OF_METACLASS:
            for function in _functions(evaluator, metaclass, name):
                bases = [
                    evaluator.evaluate(base, klass.scope, klass.environment) for base in klass.node.bases
                ]
                given: list[Value] = [Const(klass.node.name), Items(tuple(bases)), _members(evaluator, klass)]
                yield function, _made_by(evaluator, function, klass, given)


def named_calls(evaluator: Evaluator, klass: Klass) -> Iterator[tuple[CallSite, Environment, Func, ast.expr]]:
    """The calls by which decorators of the methods of a class learn their names, each with what it is given, the method
    that is decorated, and the decorator.
    """
    methods = [node for node in klass.node.body if isinstance(node, FunctionNode)]
    for node, decorator in [(method, each) for method in methods for each in method.decorator_list]:
        method = Func(node, klass.body, klass.environment)
        for option in options(evaluator.evaluate(decorator, klass.body, klass.environment)):
            made = _put_on(option, method, decorator)
            if made is not None:
                for site, environment in _named(evaluator, made, klass, node.name):
                    yield site, environment, method, decorator


def _named(
    evaluator: Evaluator, made: Made, klass: Klass, name: str
) -> Iterator[tuple[CallSite, Environment]]:
    """The calls in ``__set_name__`` of an object that a class has under a name."""
    for function in _functions(evaluator, made.callee, _SET_NAME):
        given: list[Value] = [made, klass, Const(name)]
        keys = [(id(function.node), each.arg) for each in positional(function.node)]
        for site in function.module.sites_in(function.body):
            yield site, dict(zip(keys, given, strict=False))


def _put_on(decorator: Value, method: Func, node: ast.expr) -> Made | None:
    """The object of a project class that decorates a method, if it is one: made before, or of the method itself."""
    if isinstance(decorator, Klass):
        call = ast.copy_location(ast.Call(node, [Known(method, node)], []), node)
        return Made(decorator, call, method.scope, method.environment)
    return decorator if isinstance(decorator, Made) and isinstance(decorator.callee, Klass) else None


def _functions(evaluator: Evaluator, klass: Value, name: str) -> list[Func]:
    value = evaluator.class_attribute(klass, name) if isinstance(klass, Klass) else None
    return [option for option in options(value) if isinstance(option, Func)] if value is not None else []


def _environment(evaluator: Evaluator, function: Func, klass: Klass, given: list[Value]) -> Environment:
    """The arguments of a hook: the class itself, what a metaclass is given, and the keywords of the class statement."""
    keywords = [word for word in klass.node.keywords if word.arg != "metaclass"]
    call = ast.copy_location(ast.Call(ast.Name(function.node.name), [], keywords), klass.node)
    env = evaluator.arguments(function, Made(function, call, klass.scope, klass.environment))
    parameters = [*function.node.args.posonlyargs, *function.node.args.args]
    for parameter, value in zip(parameters, [klass, *given], strict=False):
        env[id(function.node), parameter.arg] = value
    return env


def _made_by(evaluator: Evaluator, function: Func, klass: Klass, given: list[Value]) -> Environment:
    """As :func:`_environment`; the name that ``super().__new__(…)`` is assigned to is the class, too."""
    env = _environment(evaluator, function, klass, given)
    for name, bindings in function.body.bindings.items():
        for binding in bindings:
            if isinstance(binding.node, ast.Call) and terminal(binding.node.func) == "__new__":
                env[id(function.node), name] = klass
    return env


def _metaclasses(evaluator: Evaluator, klass: Klass) -> Iterator[Klass]:
    """The metaclass that the class or a base of the project names."""
    for base in evaluator.mro(klass):
        for word in base.node.keywords if isinstance(base, Klass) else ():
            if word.arg == "metaclass" and isinstance(base, Klass):
                found = evaluator.evaluate(word.value, base.scope, base.environment)
                yield from (option for option in options(found) if isinstance(option, Klass))
                return


def _members(evaluator: Evaluator, klass: Klass) -> Table:
    """The names that a class body binds, as the dict that a metaclass is given."""
    names = [name for name in klass.body.bindings if "." not in name]
    values = ((Const(name), evaluator.class_attribute(klass, name)) for name in names)
    return Table(tuple((name, value) for name, value in values if value is not None))

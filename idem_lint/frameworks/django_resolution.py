"""What runs when a Django class view answers: Python's method resolution over bases, mixins and decorators.

A decorator on a base's method is lost where a subclass overrides it without ``super()``; one on its ``dispatch``
survives; a mixin behind the framework's own view class is never asked.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from idem_lint.facts import FunctionNode
from idem_lint.frameworks.django_methods import CARRIER, carried_by
from idem_lint.values import Const, External, Func, Klass, Value, options

if TYPE_CHECKING:
    from idem_lint.finder import Finder

Guard = tuple[Value, ast.AST]

_CARRIER_WORD = frozenset({CARRIER[1:].encode()})
_VIEW = re.compile(r"View$|ViewSet$|^ViewSetMixin$")
_FORMS = r"(?:Form|Create|Update|Delete)View$|Create\w*sView$"
# Which of the packages' classes implement a method, by their own names: third-party generics follow the same scheme.
_PROVIDERS = {
    "dispatch": _VIEW,
    "post": re.compile(
        rf"{_FORMS}|FormSetView$|WithInlinesView$|(?:Redirect|Login|Logout|PasswordChange|PasswordReset|PasswordResetConfirm|Wizard)View$"
        r"|^DeletionMixin$|Create\w*APIView$|^ObtainAuthToken$|^Token\w*View(?:Base)?$"
    ),
    "create": re.compile(r"Create\w*(?:Mixin|APIView|ViewSet)$|^(?!ReadOnly)\w*ModelViewSet$"),
    "perform_create": re.compile(r"Create\w*(?:Mixin|APIView|ViewSet)$|^(?!ReadOnly)\w*ModelViewSet$"),
    "form_valid": re.compile(rf"{_FORMS}|^(?:Model)?FormMixin$"),
}
# What the packages' own methods call on ``self``.
_CALLED = {"post": ("create", "form_valid"), "create": ("perform_create",)}


def provides(base: External, attribute: str) -> bool:
    """Whether a class of a package implements a method."""
    pattern = _PROVIDERS.get(attribute)
    return pattern is not None and pattern.search(base.name.rpartition(".")[2]) is not None


@dataclass(frozen=True, slots=True)
class Step:
    """One class that a lookup reaches: the project's with its own value (if it has one), or a package's."""

    base: Klass | External
    value: Value | None


def steps(finder: Finder, klass: Klass, attribute: str) -> list[Step]:
    """The classes that are asked for an attribute, up to the first that has it and does not call ``super()``."""
    found: list[Step] = []
    for base in finder.evaluator.mro(klass):
        if isinstance(base, External):
            if provides(base, attribute):
                return [*found, Step(base, None)]
            continue
        value = own_value(finder, base, attribute)
        found.append(Step(base, value))
        if value is not None and not any(_goes_on(finder, base, each, attribute) for each in functions(finder, value)):
            return found
    return found


def own_value(finder: Finder, klass: Klass, attribute: str) -> Value | None:
    """What a class's own body binds a name to."""
    bindings = klass.body.bindings.get(attribute)
    if not bindings:
        return None
    return finder.evaluator.bound(bindings, klass.body, klass.environment, None)


def functions(finder: Finder, value: Value) -> list[Func]:
    """The functions that a class attribute may be."""
    found = (finder.definition(option) for option in options(value))
    return [each for each in found if isinstance(each, Func)]


def provider(finder: Finder, klass: Klass, attribute: str) -> Step | None:
    """The class whose attribute it is in the end."""
    for step in steps(finder, klass, attribute):
        if step.value is not None or isinstance(step.base, External):
            return None if step.value == Const(None) else step
    return None


@dataclass(slots=True)
class Reach:
    """The methods that run for one handler, by name: the classes of the project that are asked for each."""

    asked: dict[str, list[Step]] = field(default_factory=dict[str, list[Step]])
    is_open: bool = False

    def project_steps(self) -> Iterator[tuple[str, Klass, Value | None]]:
        for name, found in self.asked.items():
            for step in found:
                if isinstance(step.base, Klass):
                    yield name, step.base, step.value


def reach(finder: Finder, klass: Klass, *names: str) -> Reach:
    """Everything that may run from these methods on: what they call on ``self``, and what the framework calls."""
    found = Reach()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name in found.asked:
            continue
        found.asked[name] = steps(finder, klass, name)
        for step in found.asked[name]:
            if isinstance(step.base, External):
                waiting.extend(_CALLED.get(name, ()))
            for option in options(step.value) if step.value is not None else ():
                if isinstance(option, External):
                    waiting.extend(_CALLED.get(option.name.rpartition(".")[2], ()))
            for function in functions(finder, step.value) if step.value is not None else ():
                called, _ = _self_uses(function.node)
                found.is_open = found.is_open or "" in called
                waiting.extend(called - {""})
    return found


def _self_name(node: FunctionNode) -> str:
    first = [*node.args.posonlyargs, *node.args.args][:1]
    return first[0].arg if first else ""


def _goes_on(finder: Finder, base: Klass, function: Func, attribute: str) -> bool:
    """Whether a method, or one of the same class that it calls on the way, goes on to the next class's."""
    waiting, seen = [function], {function.node}
    while waiting:
        each = waiting.pop()
        used, beyond = _self_uses(each.node)
        if attribute in beyond:
            return True
        for name in used & base.body.bindings.keys():
            following = functions(finder, own_value(finder, base, name) or base)
            waiting.extend(item for item in following if item.node not in seen)
            seen.update(item.node for item in following)
    return False


@lru_cache(maxsize=4096)
def _self_uses(node: FunctionNode) -> tuple[frozenset[str], frozenset[str]]:
    """What a method uses of its instance (an empty name stands for ``getattr``), and of its bases.

    Its bases': ``super().post``, called or handed on, or ``Base.post(self, …)``.
    """
    own = _self_name(node)
    used: set[str] = set()
    beyond: set[str] = set()
    for part in ast.walk(node):
        if isinstance(part, ast.Attribute):
            owner = part.value
            if _is_named(owner, own):
                used.add(part.attr)
            elif isinstance(owner, ast.Call) and _is_named(owner.func, "super"):
                beyond.add(part.attr)
        elif isinstance(part, ast.Call) and part.args and _is_named(part.args[0], own):
            if _is_named(part.func, "getattr"):
                used.add("")
            elif isinstance(part.func, ast.Attribute):
                beyond.add(part.func.attr)
    return frozenset(used), frozenset(beyond)


def _is_named(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def class_decorators(finder: Finder, klass: Klass) -> Iterator[tuple[Value, str | None, ast.AST]]:
    """The decorators on a class, those given to it in a later call too; each with the member it is for."""
    nodes: list[ast.expr] = list(klass.node.decorator_list)
    for site in klass.module.sites(_CARRIER_WORD):
        first = site.node.args[0] if site.node.args else None
        if isinstance(site.node.func, ast.Call) and isinstance(first, ast.Name) and first.id == klass.node.name:
            nodes.append(site.node.func)
    for node in nodes:
        for option in options(finder.evaluator.evaluate(node, klass.scope, klass.environment)):
            for value, name in carried_by(finder, option):
                yield value, name, node


def guards(finder: Finder, found: Reach, *besides: object) -> Iterator[Guard]:
    """The decorators that run for a handler, besides those of its own definition."""
    for name, base, value in found.project_steps():
        for decorator, member, node in class_decorators(finder, base):
            if member == name:
                yield decorator, node
        for function in functions(finder, value) if value is not None else ():
            if function.node not in besides:
                for link in finder.links(function):
                    for decorator, _ in carried_by(finder, link.decorator):
                        yield decorator, link.node

"""What runs when a Django class view answers: Python's method resolution over bases, mixins and decorators.

A decorator on a base's method is lost where a subclass overrides it without ``super()``; one on its ``dispatch``
survives; a mixin behind the framework's own view class is never asked.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from idem_lint.engine.module_facts import FunctionNode
from idem_lint.engine.value_types import Const, External, Func, Klass, Value, options
from idem_lint.finding.interface import Methods, Registration

if TYPE_CHECKING:
    from idem_lint.finding.interface import Finder

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
_READ_ONLY = re.compile(
    r"(?:Template|List|Detail|Filter|Table|Archive|PDF|Download|Swagger|Redoc|Schema|Autocomplete|GraphQL)\w*View$|^ReadOnly|^Spectacular"
)
# What the packages' own methods call on ``self``: those of REST framework, and those of Django.
_CALLED = {"post": ("create",), "create": ("perform_create",)}
_CALLED_BY_FORMS = {"post": ("form_valid",)}


def provides(base: External, attribute: str) -> bool:
    """Whether a class of a package implements a method."""
    pattern = _PROVIDERS.get(attribute)
    return pattern is not None and pattern.search(base.name.rpartition(".")[2]) is not None


def is_read_only(base: External) -> bool:
    """Whether a package's class shows things, by its name."""
    return _READ_ONLY.search(base.name.rpartition(".")[2]) is not None


def called_by(base: External, attribute: str) -> tuple[str, ...]:
    """What a package's method calls on ``self``."""
    is_api = "API" in base.name.rpartition(".")[2] or attribute != "post"
    return (_CALLED if is_api else _CALLED_BY_FORMS).get(attribute, ())


@dataclass(frozen=True, slots=True)
class Entry:
    """One way into a class: the method that is asked for, the methods of HTTP that lead there, and the registration."""

    attribute: str
    methods: Methods
    call: Registration | None
    path: str = ""


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
        if value is not None and not any(
            _goes_on(finder, base, each, attribute) for each in functions(finder, value)
        ):
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
        """The project's own classes among them, with the name that is asked for and what their body binds it to."""
        for name, found in self.asked.items():
            for step in found:
                if isinstance(step.base, Klass):
                    yield name, step.base, step.value

    def asks(self, klass: Klass, attribute: str) -> bool:
        """Whether a class's attribute of this name runs."""
        found = self.asked.get(attribute, ())
        return any(isinstance(step.base, Klass) and step.base.node is klass.node for step in found)


def reach(finder: Finder, klass: Klass, *names: str) -> Reach:
    """Everything that may run from these methods on: what they call on ``self``, and what the framework calls."""
    found = Reach()
    waiting = list(names)
    bases = [base for base in finder.evaluator.mro(klass) if isinstance(base, Klass)]
    known = frozenset[str](_PROVIDERS).union(*(base.body.bindings for base in bases))
    while waiting:
        name = waiting.pop()
        if name in found.asked:
            continue
        found.asked[name] = steps(finder, klass, name)
        for step in found.asked[name]:
            if isinstance(step.base, External):
                waiting.extend(called_by(step.base, name))
            for option in options(step.value) if step.value is not None else ():
                if isinstance(option, External):
                    owner, _, borrowed = option.name.rpartition(".")
                    waiting.extend(called_by(External(owner), borrowed))
            for function in functions(finder, step.value) if step.value is not None else ():
                called, _ = _self_uses(function.node)
                found.is_open = found.is_open or "" in called
                waiting.extend(called & known)
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


# Kept as long as the method's syntax tree is.
_known_uses: WeakKeyDictionary[FunctionNode, tuple[frozenset[str], frozenset[str]]] = WeakKeyDictionary()


def _self_uses(node: FunctionNode) -> tuple[frozenset[str], frozenset[str]]:
    """What a method uses of its instance and of its bases, looked for once."""
    known = _known_uses.get(node)
    if known is None:
        known = _known_uses[node] = _read_self_uses(node)
    return known


def _read_self_uses(node: FunctionNode) -> tuple[frozenset[str], frozenset[str]]:
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

"""Which names of attributes may lead to a registration: ``thing.name(…)``, whatever the thing is.

Most calls of a project are of methods whose name says enough: no framework has a route by it, and no function of the project
that it may be registers what it is given. Then nobody has to find out what the thing is, which is what takes long.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Protocol

from idem_lint.engine.module_facts import Binding, Module, Scope, terminal
from idem_lint.engine.value_types import Func, Lambda

if TYPE_CHECKING:
    from idem_lint.engine.evaluator import Evaluator

# Decorators that leave a method what it is.
_PLAIN = frozenset(
    {
        "abstractmethod",
        "asynccontextmanager",
        "classmethod",
        "contextmanager",
        "final",
        "overload",
        "override",
    }
    | {"staticmethod"}
)
# Displays, comprehensions and texts: calling one is an error.
_DATA = (ast.List, ast.ListComp, ast.Dict, ast.DictComp, ast.Set, ast.SetComp, ast.Tuple, ast.JoinedStr)
_TUPLES = ("namedtuple", "NamedTuple")
_NAMESPACES = ("SimpleNamespace", "Namespace")
# Studies of functions inside each other; who is further in is looked into without asking what its names lead to.
_DEPTH = 12


class Parametric(Protocol):
    """What knows the functions that register what their callers give them."""

    def registers(self, function: Func | Lambda) -> bool:
        """Whether a function may register what it is given; true, too, where that is being found out."""
        ...


class LeadingNames:
    """Answers for the modules in view."""

    def __init__(
        self, evaluator: Evaluator, studies: Parametric, in_view: Callable[[], list[Module]]
    ) -> None:
        self._evaluator = evaluator
        self._studies = studies
        self._in_view = in_view
        self._known: dict[str, bool] = {}
        self._bindings: dict[str, list[tuple[Binding, Scope]]] = {}
        self._open: set[str] = set()
        self._any_word: list[Module] = []
        self._seen: set[Module] = set()
        self._count = 0
        self._depth = 0
        self._is_any = False

    def forget(self, leading: Iterable[str] | None) -> None:
        """Begin anew; ``leading``: the names that lead to a registration in any case, ``None`` for all."""
        self._is_any = leading is None
        self._known = {}
        self._bindings = {}
        self._open = set(leading or ())
        self._any_word = []
        self._seen = set()
        self._count = 0

    def may_lead(self, name: str) -> bool:
        """Whether an attribute of this name may be something that registers what it is given."""
        if self._is_any or name in self._open:
            return True
        modules = self._in_view()
        if self._count != len(modules):
            self._look_into(modules)
        known = self._known.get(name)
        if known is None:
            if self._depth >= _DEPTH:
                return True
            self._depth += 1
            try:
                known = self._known[name] = self._may_lead(name)
            finally:
                self._depth -= 1
        return known

    def _look_into(self, modules: list[Module]) -> None:
        """Gather what the attributes of modules, classes and objects are bound to, in what was not looked into yet."""
        self._known.clear()
        self._count = len(modules)
        for module in modules:
            if module not in self._seen:
                self._seen.add(module)
                for scope in module.scopes.values():
                    self._look_into_scope(scope)
                if "__getattr__" in module.scope.bindings or _names_fields_elsewhere(module):
                    self._any_word.append(module)
                self._open.update(
                    _given_by_keyword(module), _members_of_made_classes(module), _fields_of_tuples(module)
                )

    def _look_into_scope(self, scope: Scope) -> None:
        for name, bindings in scope.bindings.items():
            if "." in name:
                self._open.add(name.rpartition(".")[2])
            elif not scope.is_function and not isinstance(scope.node, ast.Lambda):
                known = self._bindings.setdefault(name, [])
                known += [(binding, scope) for binding in bindings]
        if isinstance(scope.node, ast.ClassDef):  # fields, which calls of the class give
            self._open.update(
                part.target.id
                for part in scope.node.body
                if isinstance(part, ast.AnnAssign) and isinstance(part.target, ast.Name)
            )

    def _may_lead(self, name: str) -> bool:
        is_open = name in self._open or name in self._evaluator.added
        if is_open or any(name.encode() in module.words for module in self._any_word):
            return True
        return any(self._leads(name, *known) for known in self._bindings.get(name, ()))

    def _leads(self, name: str, binding: Binding, scope: Scope) -> bool:
        node = binding.node
        if binding.kind == "import":
            # By the name that it has where it is defined, it is known from there, or is a package's.
            return binding.target.rpartition(".")[2] != name
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            is_changed = any(terminal(each) not in _PLAIN for each in node.decorator_list)
            return is_changed or self._studies.registers(Func(node, scope))
        is_data = isinstance(node, _DATA) or (isinstance(node, ast.Constant) and node.value is not None)
        return not (binding.kind in {"assign", "extend"} and is_data and not binding.path)


def _fields_of_tuples(module: Module) -> Iterator[str]:
    """The fields that calls of ``namedtuple`` name, or every word that stands there."""
    for site in module.sites(word.encode() for word in _TUPLES):
        if terminal(site.node.func) in _TUPLES:
            for part in ast.walk(site.node):
                if isinstance(part, ast.Constant) and isinstance(part.value, str):
                    yield from part.value.replace(",", " ").split()


def _names_fields_elsewhere(module: Module) -> bool:
    """Whether the fields of a tuple are no texts in the call that makes it: then they may be any words of the module."""
    return any(
        terminal(site.node.func) in _TUPLES and any(not _is_written(each) for each in site.node.args[1:2])
        for site in module.sites(word.encode() for word in _TUPLES)
    )


def _is_written(node: ast.expr) -> bool:
    parts = node.elts if isinstance(node, ast.List | ast.Tuple) else [node]
    return all(isinstance(part, ast.Constant | ast.Tuple) for part in parts)


def _given_by_keyword(module: Module) -> Iterator[str]:
    """The attributes of the plain objects that a module makes."""
    for site in module.sites(word.encode() for word in _NAMESPACES):
        if terminal(site.node.func) in _NAMESPACES:
            yield from (word.arg for word in site.node.keywords if word.arg is not None)


def _members_of_made_classes(module: Module) -> Iterator[str]:
    """What stands in the dicts of calls like ``type("Name", (Base,), {"post": post})``."""
    for site in module.sites([b"type"]):
        for argument in site.node.args if len(site.node.args) > 2 else ():
            for part in ast.walk(argument):
                if isinstance(part, ast.Constant) and isinstance(part.value, str):
                    yield part.value
                elif isinstance(part, ast.keyword) and part.arg is not None:
                    yield part.arg

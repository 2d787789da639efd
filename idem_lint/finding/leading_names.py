"""Which names of attributes may lead to a registration: ``thing.name(…)``, whatever the thing is.

Most calls of a project are of methods whose name says enough: no framework has a route by it, and no function of the project
that it may be registers what it is given. Then nobody has to find out what the thing is, which is what takes long.
"""

from __future__ import annotations

import ast
import re
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
_DATA_TYPES = frozenset(
    """
    Dict FrozenSet List Literal LiteralString Mapping MutableMapping None Sequence Set Tuple bool bytes complex dict
    float frozenset int list set str tuple
    """.split()  # noqa: SIM905 - a column of words would be longer than the module
)
"""Types whose values cannot be called."""
_AROUND_TYPES = frozenset(
    {"Annotated", "ClassVar", "Final", "NotRequired", "Optional", "ReadOnly", "Required", "Union"}
)
_VERBS = frozenset({"delete", "get", "head", "options", "patch", "post", "put"})
_NAME = re.compile(r"[^.:]*")
_WORD = re.compile(r"\w+")
_DOTTED = re.compile(r"[\w.:]+")
_DOTTED_PARTS = re.compile(r"[.:]")
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
        self._leading: frozenset[str] = frozenset()
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
        self._leading = frozenset(leading or ())
        self._open = set()
        self._any_word = []
        self._seen = set()
        self._count = 0

    def may_lead(self, name: str) -> bool:
        """Whether an attribute of this name may be something that registers what it is given."""
        return self._is_any or name in self._leading or self._may_be_followed(name)

    def may_lead_by(self, name: str, call: ast.Call) -> bool:
        """As :meth:`may_lead`, for one call. A verb that is given a key and no more (``table.get("key")``) registers nothing
        by its name: it has no handler. What the project itself has under the name may.
        """
        if name in _VERBS and not self._is_any and _is_given_no_handler(call):
            return self._may_be_followed(name)
        return self.may_lead(name)

    def _may_be_followed(self, name: str) -> bool:
        """Whether the project may have something under a name that registers what it is given."""
        if name in self._open:
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
                if "__getattr__" in module.scope.bindings:
                    self._open.update(_given_by_name(module))
                if _names_fields_elsewhere(module):
                    self._any_word.append(module)
                self._open.update(
                    _given_by_keyword(module), _members_of_made_classes(module), _fields_of_tuples(module)
                )

    def _look_into_scope(self, scope: Scope) -> None:
        for name, bindings in scope.bindings.items():
            if "." in name:
                if any(_may_be_called(binding, scope) for binding in bindings):
                    self._open.add(name.rpartition(".")[2])
            elif not scope.is_function and not isinstance(scope.node, ast.Lambda):
                known = self._bindings.setdefault(name, [])
                known += [(binding, scope) for binding in bindings]
        if isinstance(scope.node, ast.ClassDef):  # fields, which calls of the class give
            self._open.update(
                part.target.id
                for part in scope.node.body
                if isinstance(part, ast.AnnAssign)
                and isinstance(part.target, ast.Name)
                and not _says_data(part.annotation)
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
        return _may_be_called(binding, scope)


def _may_be_called(binding: Binding, scope: Scope) -> bool:
    """Whether what a binding gives its name may be a function: not where a collection, a text or a number is written out,
    or where it is a parameter that is annotated as one.
    """
    node = binding.node
    if binding.kind not in {"assign", "extend"} or binding.path:
        return True
    if isinstance(node, ast.Name):
        given = scope.bindings.get(node.id, ())
        return not given or not all(
            isinstance(each.node, ast.arg)
            and each.node.annotation is not None
            and _says_data(each.node.annotation)
            for each in given
        )
    return not (isinstance(node, _DATA) or (isinstance(node, ast.Constant) and node.value is not None))


def _says_data(annotation: ast.expr) -> bool:
    """Whether no value of an annotated type can be called: ``str``, ``list[Handler]``, ``dict[str, Any] | None``."""
    if isinstance(annotation, ast.BinOp):
        return _says_data(annotation.left) and _says_data(annotation.right)
    if isinstance(annotation, ast.Subscript):
        name = terminal(annotation.value)
        if name in _AROUND_TYPES:
            parts = annotation.slice.elts if isinstance(annotation.slice, ast.Tuple) else [annotation.slice]
            return all(map(_says_data, parts[:1] if name == "Annotated" else parts))
        return name in _DATA_TYPES
    if isinstance(annotation, ast.Constant):
        return annotation.value is None
    return terminal(annotation) in _DATA_TYPES


def _is_given_no_handler(call: ast.Call) -> bool:
    """Whether a call is given at most a key and a default that are written out. A text with a dot or a colon may name a
    function, where it is not the path.
    """
    given = [*call.args, *(word.value for word in call.keywords)]
    return len(given) <= 2 and all(
        isinstance(each, ast.Constant)
        and (each is given[0] or not isinstance(each.value, str) or _NAME.fullmatch(each.value) is not None)
        for each in given
    )


def _given_by_name(module: Module) -> Iterator[str]:
    """The names that the ``__getattr__`` of a module may know: those that the module spells in texts and as keywords, and
    those that it binds, which a table or an enumeration may have.
    """
    for scope in module.scopes.values():
        if not scope.is_function:
            yield from scope.bindings
    for part in ast.walk(module.tree):
        if isinstance(part, ast.keyword) and part.arg is not None:
            yield part.arg
        elif isinstance(part, ast.Constant) and isinstance(part.value, str) and _DOTTED.fullmatch(part.value):
            yield from _DOTTED_PARTS.split(part.value)
        elif (
            isinstance(part, ast.Attribute)
            and part.attr in {"split", "splitlines"}
            and isinstance(part.value, ast.Constant)
            and isinstance(part.value.value, str)
        ):
            yield from _WORD.findall(part.value.value)


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

"""What a framework's own routing table says about the handlers of a case: the truth the linter is held against.

A framework's module here has one function, ``routes(case) -> set[Truth]``. It loads the case with ``load``, walks the
framework's table and gives every (handler, methods) pair to a ``Truths``, which finds the line the handler was written at.
"""

from __future__ import annotations

import ast
import functools
import importlib
import inspect
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any, TypeAlias

ANY = frozenset({"*"})
# Frameworks answer these by themselves, whatever the handler says.
AUTOMATIC = frozenset({"HEAD", "OPTIONS"})
VERBS = ("GET", "POST", "PUT", "PATCH", "DELETE")

Definition: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


@dataclass(frozen=True, slots=True, order=True)
class Truth:
    """A handler that answers POST: file relative to the case (posix), line of ``def``/``class``/``lambda``, methods.

    ``routes`` are the paths in full that POST reaches it at; they are compared by themselves.
    """

    file: str
    line: int
    methods: frozenset[str]
    routes: frozenset[str] = field(default=frozenset(), compare=False)


def load(case: Path, module: str = "app") -> ModuleType:
    """Import the case's entry module, with the case's folder first on ``sys.path``."""
    sys.path.insert(0, str(case))
    return importlib.import_module(module)


class Truths:
    """Collects handlers; one that has several routes is kept once, with the union of its methods."""

    def __init__(self, case: Path) -> None:
        self._case = case.resolve()
        self._methods: dict[tuple[str, int], set[str]] = {}
        self._routes: dict[tuple[str, int], set[str]] = {}

    def add(self, handler: Any, methods: Iterable[str], route: str | None = None) -> None:
        """Record that ``handler`` (function, wrapper, bound method, partial, class or instance) answers ``methods`` at
        ``route`` (a path in full, if the framework has one).
        """
        place = self.place(handler)
        if place is not None:
            names = {method.upper() for method in methods}
            self._methods.setdefault(place, set()).update(names)
            if route is not None and names & {"POST", "*"}:
                self._routes.setdefault(place, set()).add(route)

    def add_method(self, cls: type, name: str, methods: Iterable[str], route: str | None = None) -> None:
        """Record the class's method ``name``: its ``def`` where the class's own body has it, else the class itself.

        A body that says ``post = put`` serves one function under two verbs: both count.
        """
        own = vars(cls).get(name)
        if own is None:
            self.add(cls, methods, route)
        else:
            self.add(own, {*methods, *(verb for verb in VERBS if vars(cls).get(verb.lower()) is own)}, route)

    def result(self) -> set[Truth]:
        """The handlers that POST reaches."""
        return {
            Truth(
                file,
                line,
                ANY if "*" in methods else frozenset(methods) - AUTOMATIC,
                frozenset(self._routes.get((file, line), ())),
            )
            for (file, line), methods in self._methods.items()
            if "POST" in methods or "*" in methods
        }

    def place(self, handler: Any) -> tuple[str, int] | None:
        """Where the handler was written; ``None`` where that is outside the case."""
        if inspect.isclass(handler):
            return self._class_place(handler)
        function = original(handler)
        file = None if function is None else self._relative(function.__code__.co_filename)
        if function is None or file is None:
            return None
        return file, definition(function.__code__).lineno

    def _class_place(self, cls: type) -> tuple[str, int] | None:
        module = sys.modules.get(cls.__module__)
        file = None if module is None or module.__file__ is None else self._relative(module.__file__)
        return None if file is None else (file, _class_line(cls, self._case / file))

    def _relative(self, file: str) -> str | None:
        path = Path(file).resolve()
        return path.relative_to(self._case).as_posix() if path.is_relative_to(self._case) else None


def original(handler: Any) -> FunctionType | None:
    """The function somebody wrote, below wrappers, partials, descriptors, bound methods and callable instances."""
    seen: set[int] = set()
    while handler is not None and id(handler) not in seen:
        seen.add(id(handler))
        inner = _beneath(handler)
        if inner is None:
            return handler if isinstance(handler, FunctionType) else None
        handler = inner
    return None


def _beneath(handler: Any) -> Any:
    if isinstance(handler, functools.partial | functools.partialmethod):
        return handler.func
    if isinstance(handler, MethodType | staticmethod | classmethod):
        return handler.__func__
    wrapped = getattr(handler, "__wrapped__", None)
    if wrapped is not None:
        return wrapped
    if isinstance(handler, FunctionType):
        return _closed_over(handler)
    return vars(type(handler)).get("__call__")


def _closed_over(function: FunctionType) -> Any:
    """What a decorator's wrapper without ``functools.wraps`` calls: the parameter of the function that returns it."""
    if "<locals>" not in function.__qualname__ or not function.__code__.co_freevars:
        return None
    enclosing = _enclosing(function.__code__)
    if enclosing is None or not _returns(enclosing, function.__code__.co_name):
        return None
    parameters = {argument.arg for argument in enclosing.args.args + enclosing.args.posonlyargs}
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        # A service or an event bus closed over is not the handler: only a function (or a wrapped one) is.
        if name in parameters and isinstance(
            cell.cell_contents, FunctionType | MethodType | functools.partial
        ):
            return cell.cell_contents
    return None


def _enclosing(code: CodeType) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
    inner = definition(code)
    enclosing = None
    for node in ast.walk(tree(code.co_filename)):
        if (
            isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            and node is not inner
            and inner in ast.walk(node)
        ):
            enclosing = node
    return enclosing


def _returns(function: ast.FunctionDef | ast.AsyncFunctionDef, name: str) -> bool:
    return any(
        isinstance(node, ast.Return) and isinstance(node.value, ast.Name) and node.value.id == name
        for node in ast.walk(function)
    )


@functools.cache
def tree(file: str) -> ast.Module:
    """The parsed source of a file."""
    return ast.parse(Path(file).read_bytes())


def definition(code: CodeType) -> Definition:
    """The ``def`` or ``lambda`` a code object was compiled from (its first line is that of the first decorator)."""
    found = list(_definitions(code))
    if len(found) != 1:
        raise LookupError(
            f"{code.co_filename}:{code.co_firstlineno}: {len(found)} definitions of {code.co_name}"
        )
    return found[0]


def _definitions(code: CodeType) -> Iterator[Definition]:
    for node in ast.walk(tree(code.co_filename)):
        if isinstance(node, ast.Lambda):
            name, first = "<lambda>", node.lineno
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            name, first = node.name, min([node.lineno, *(item.lineno for item in node.decorator_list)])
        else:
            continue
        if first == code.co_firstlineno and name == code.co_name:
            yield node


def _class_line(cls: type, file: Path) -> int:
    """The line of ``class``; of several with one name, the one whose body holds the class's functions, else the last."""
    candidates = [
        node
        for node in ast.walk(tree(str(file)))
        if isinstance(node, ast.ClassDef) and node.name == cls.__name__
    ]
    lines = {
        function.__code__.co_firstlineno
        for function in map(original, vars(cls).values())
        if function is not None and Path(function.__code__.co_filename) == file
    }
    owning = [
        node for node in candidates if any(node.lineno <= line <= (node.end_lineno or 0) for line in lines)
    ]
    return max(node.lineno for node in owning or candidates)


Routes: TypeAlias = Callable[[Path], set[Truth]]

"""How a library says what starts code: tables that the finder reads, and what the finder yields."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from idem_lint.engine.module_facts import Module
from idem_lint.engine.parameter_binding import Methods, Slot
from idem_lint.engine.value_types import Func, Klass
from idem_lint.finding.interface import Finder, Registration
from idem_lint.result_types import EntryKind

ON_FUNCTION = "put @money_moving(operation=…, key=…, principal=…) directly above `def {name}`"
"""How a plain function is marked; ``{name}`` is its name."""
PLAIN = "docs/runtime.md#plain-functions-workers-queues-jobs"
MARK_AS_PLAIN = f"{ON_FUNCTION} ({PLAIN})"


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """One fact: ``function`` is started by what ``table`` is about. ``node`` says so (a decorator, a call, the definition).

    ``klass`` is the class whose instance runs it. ``below`` is the position of the decorator that takes the function,
    nearest first: a mark further out does nothing. ``None``: every decorator applies. ``methods`` are those of a
    handler, ``registrations`` what registers its class.
    """

    function: Func
    table: EntryTable
    node: ast.AST
    module: Module
    klass: Klass | None = None
    below: int | None = None
    methods: Methods = frozenset()
    registrations: tuple[Registration, ...] = ()

    @property
    def definition(self) -> ast.AST:
        """What it is reported at: the function, or the class that inherits it."""
        is_inherited = self.klass is not None and self.node is self.klass.node
        return self.node if is_inherited else self.function.node


Hook: TypeAlias = "Callable[[Finder, Module, EntryTable], Iterator[Entry]]"


@dataclass(frozen=True, slots=True)
class EntryTable:
    """What of one library starts code.

    ``title`` follows "is": "a Celery task". ``packages``: what the dotted names below begin with. ``decorators``: the last
    names of those that take a function; ``calls``: of calls, with where they take it; ``bases``: of classes, with the
    methods that run; ``iterated``: of classes whose instances a loop reads from; ``fetches``: of methods that fetch what a
    function works on. ``telling``: those of the fetches that say enough in a module which imports one of the packages.
    ``words``: words of which a file needs one. ``hook``: for what tables do not suffice. ``advice``: what to write, with a
    place for ``{name}``. ``framework``: that of handlers. ``is_inner``: something else of the project asks for it, which
    may be marked.
    """

    kind: EntryKind
    title: str
    packages: tuple[str, ...] = ()
    decorators: frozenset[str] = frozenset()
    calls: Mapping[str, Slot] = field(default_factory=dict[str, Slot])
    bases: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, "tuple[str, ...]"])
    iterated: frozenset[str] = frozenset()
    fetches: frozenset[str] = frozenset()
    telling: frozenset[str] = frozenset()
    words: frozenset[str] = frozenset()
    hook: Hook | None = None
    advice: str = MARK_AS_PLAIN
    framework: str = ""
    is_inner: bool = False

    def every_word(self) -> frozenset[bytes]:
        """The words of which a file needs one, so that something of this table can be in it."""
        methods = (name for names in self.bases.values() for name in names)
        every = {
            *self.packages,
            *self.decorators,
            *self.calls,
            *methods,
            *self.iterated,
            *self.fetches,
            *self.words,
        }
        return frozenset(word.rpartition(".")[2].encode() for word in every)

    def has(self, dotted: str, names: frozenset[str]) -> bool:
        """Whether a dotted name is one of these names of the library."""
        return dotted.rpartition(".")[2] in names and self.owns(dotted)

    def owns(self, dotted: str) -> bool:
        """Whether a dotted name is the library's."""
        return any(dotted == package or dotted.startswith(f"{package}.") for package in self.packages)

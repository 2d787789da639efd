"""What an expression can be, as far as the source tells: the values that the evaluator yields.

Nothing is executed. A value is either known exactly (a constant, a function of the project, a name of an installed
package) or says what it was made from, or is :class:`Unknown`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from idem_lint.engine.module_facts import FunctionNode, Module, Scope

Environment: TypeAlias = "dict[tuple[int, str], Value]"


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nothing is known; ``why`` is a clause for people."""

    why: str = "its value is not known from the source"


@dataclass(frozen=True, slots=True)
class Const:
    """A literal."""

    value: object


@dataclass(frozen=True, slots=True)
class Items:
    """A list, tuple, set or other iterable; ``complete`` is false where more may be in it, ``ordered`` where which of
    the items comes first is not known (of a set, or of a list that was sorted in place).
    """

    items: tuple[Value, ...]
    complete: bool = True
    ordered: bool = True


@dataclass(frozen=True, slots=True)
class Table:
    """A dict, as pairs; ``complete`` is false where more may be in it, ``certain`` where all of them may be missing."""

    pairs: tuple[tuple[Value, Value], ...]
    complete: bool = True
    certain: bool = True

    def get(self, key: str) -> Value | None:
        """The value of a string key; the last one wins."""
        found = [value for name, value in self.pairs if isinstance(name, Const) and name.value == key]
        return found[-1] if found else None


@dataclass(frozen=True, slots=True, eq=False)
class Func:
    """A function of the project. ``environment`` holds the arguments of the calls that enclose it."""

    node: FunctionNode
    scope: Scope = field(repr=False)
    environment: Environment = field(default_factory=dict["tuple[int, str]", "Value"], repr=False)

    @property
    def module(self) -> Module:
        return self.scope.module

    @property
    def body(self) -> Scope:
        return self.scope.module.scopes[self.node]


@dataclass(frozen=True, slots=True, eq=False)
class Lambda:
    """A lambda of the project. ``scope`` is where it stands, ``body`` its own."""

    node: ast.Lambda
    scope: Scope = field(repr=False)
    body: Scope = field(repr=False)
    environment: Environment = field(default_factory=dict["tuple[int, str]", "Value"], repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class Klass:
    """A class of the project."""

    node: ast.ClassDef
    scope: Scope = field(repr=False)
    environment: Environment = field(default_factory=dict["tuple[int, str]", "Value"], repr=False)

    @property
    def module(self) -> Module:
        return self.scope.module

    @property
    def body(self) -> Scope:
        return self.scope.module.scopes[self.node]


@dataclass(frozen=True, slots=True)
class External:
    """Something of a package that is not the project's, by its dotted name."""

    name: str


@dataclass(frozen=True, slots=True, eq=False)
class ProjectModule:
    """A module of the project."""

    module: Module = field(repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class Made:
    """The result of a call whose callee is not followed: an instance, or a configured decorator."""

    callee: Value
    call: ast.Call
    scope: Scope = field(repr=False)
    environment: Environment = field(default_factory=dict["tuple[int, str]", "Value"], repr=False)


@dataclass(frozen=True, slots=True)
class Member:
    """An attribute of something whose class is not the project's; ``computed`` is what gives its name, where it has none
    in the source.
    """

    owner: Value
    name: str
    computed: Value | None = None


# The name of a :class:`Member` whose name is computed when the program runs.
COMPUTED = "getattr(…)"


@dataclass(frozen=True, slots=True, eq=False)
class Applied:
    """``decorator(target)``: the target seen through one decorator. ``node`` is the decorator as written."""

    decorator: Value
    target: Value
    node: ast.expr = field(repr=False)
    scope: Scope = field(repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class Bound:
    """A method of the project, reached through an instance of ``owner``."""

    function: Func
    owner: Value


@dataclass(frozen=True, slots=True, eq=False)
class Parameter:
    """A parameter of a function whose caller is not known."""

    name: str
    scope: Scope = field(repr=False)
    annotation: Value | None = None


@dataclass(frozen=True, slots=True)
class Either:
    """One of several; which one depends on a branch."""

    options: tuple[Value, ...]


Value: TypeAlias = (
    Unknown
    | Const
    | Items
    | Table
    | Func
    | Lambda
    | Klass
    | External
    | ProjectModule
    | Made
    | Member
    | Applied
    | Bound
    | Parameter
    | Either
)

UNKNOWN = Unknown()
# What was followed so far that it was given up.
TOO_DEEP = Unknown("it leads through too many functions to follow")
_FEW = 16
"""Up to how many alternatives nobody asks whether some are the same."""


class Known(ast.expr):
    """An expression that stands for a value which was read elsewhere: an argument that a ``functools.partial`` gave."""

    def __init__(self, given: Value, at: ast.AST) -> None:
        super().__init__()
        self.given = given
        ast.copy_location(self, at)


def options(value: Value) -> Iterator[Value]:
    """The value, or each of its alternatives."""
    if not isinstance(value, Either):
        yield value
        return
    waiting: list[Value] = [value]
    seen: set[int] = set()  # alternatives share alternatives: there may be exponentially many ways to a few
    while waiting:
        each = waiting.pop()
        if id(each) not in seen:
            seen.add(id(each))
            if isinstance(each, Either):
                waiting.extend(reversed(each.options))
            else:
                yield each


def either(values: list[Value]) -> Value:
    """One value of several; unknown where there are none."""
    if not values:
        return UNKNOWN
    return values[0] if len(values) == 1 else Either(tuple(values))


def told_apart(value: Value) -> list[Value]:
    """The alternatives of a value; of many only those that differ in where they begin or in how they end.

    ``query = query.filter(…) if wanted else query``, ten times in a row, is a thousand ways to the same query.
    """
    found = list(options(value))
    if len(found) <= _FEW:
        return found
    return list({_ends(option): option for option in found}.values())


def _ends(value: Value) -> tuple[object, object]:
    last: object = (
        id(value.call) if isinstance(value, Made) else value.name if isinstance(value, Member) else None
    )
    first = value
    while isinstance(first, Made | Member):
        first = first.callee if isinstance(first, Made) else first.owner
    return last, first.name if isinstance(first, External) else id(getattr(first, "node", first))


def innermost(value: Value) -> object:
    """What a chain of decorators ends in; functions are told by their definition."""
    while isinstance(value, Applied):
        value = value.target
    if isinstance(value, Bound):
        value = value.function
    return value.node if isinstance(value, Func | Lambda) else value


def ends_in(chain: Value, target: Value) -> bool:
    """Whether a chain of decorators ends in what another one (or no chain) ends in."""
    return _end(chain) == _end(target)


def _end(chain: Value) -> object:
    end = innermost(chain)
    if isinstance(end, Klass):
        return end.node
    if isinstance(end, Parameter):
        return end.scope, end.name
    return (end.call, end.scope) if isinstance(end, Made) else end


def with_innermost(chain: Value, inner: Value) -> Value:
    """A chain of decorators, put on something else than what it ends in."""
    links: list[Applied] = []
    while isinstance(chain, Applied):
        links.append(chain)
        chain = chain.target
    for link in reversed(links):
        inner = replace(link, target=inner)
    return inner

"""How a framework says what it registers: tables that the finder reads, and what the finder yields.

A framework file declares one :class:`Framework`; everything that is the same everywhere (receivers, aliases, loops,
factories, composed decorators, partials) is the finder's work.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, TypeAlias

from idem_lint.engine.parameter_binding import ANY, GET, POST, Arguments, Methods, Slot
from idem_lint.engine.value_types import UNKNOWN, Environment, Func, Klass, Lambda, Parameter, Value
from idem_lint.finding.prefix_tables import NO_PREFIXES, Include, Prefixes
from idem_lint.result_types import Evidence

if TYPE_CHECKING:
    from idem_lint.engine.evaluator import Evaluator
    from idem_lint.engine.module_facts import Scope
    from idem_lint.finding.call_index import CallIndex
    from idem_lint.finding.runtime_adapters import RuntimeAdapter

__all__ = [
    "ANY",
    "AT_REGISTRATION",
    "GET",
    "ON_CLASS",
    "ON_MEMBER",
    "ON_VIEW_CLASS",
    "PATH",
    "POST",
    "VERBS",
    "Arguments",
    "Finder",
    "Framework",
    "Include",
    "Link",
    "Methods",
    "Prefixes",
    "Refused",
    "Registration",
    "Route",
    "Slot",
    "Unread",
    "View",
    "verbs",
]

VERBS = ("get", "post", "put", "patch", "delete", "head", "options")


METHODS = Slot(None, ("methods",))
# How to mark a handler whose code the class only inherits: ``{mark}`` is the mark without its ``@``, ``{name}`` the class.
ON_CLASS = "put @{mark} above `class {name}`"
# The same for one method of a Django class, and for a class whose ``decorators`` a framework puts on its handlers.
ON_MEMBER = 'put @method_decorator({mark}, name="{member}") above `class {name}`'
ON_VIEW_CLASS = "add `decorators = [{mark}]` to `class {name}`"
# The same for what a package defines and a call of the project registers.
AT_REGISTRATION = "wrap it where it is registered: {mark}({view})"
PATH = Slot(0, ("path", "rule", "uri", "route", "url_path", "pattern"))


@dataclass(frozen=True, slots=True)
class Route:
    """One way to register: as a decorator, or as a call where ``target`` is given.

    ``fixed``: the methods, where the name says them. Else they are read at ``methods``; ``default`` where they are
    not given (``*``: any). ``guards``: keywords whose values wrap the handler at registration. ``strict``: only with a
    receiver that is known to be the framework's. ``needs_path``: without an argument it registers nothing.
    ``deferred``: the decorator only notes on the function what is registered later, so that all decorators apply.
    """

    fixed: Methods | None = None
    methods: Slot = METHODS
    default: Methods = GET
    path: Slot = PATH
    target: Slot | None = None
    guards: tuple[str, ...] = ()
    strict: bool = False
    needs_path: bool = True
    bare: bool = False
    deferred: bool = False


@dataclass(frozen=True, slots=True)
class View:
    """A class whose methods are handlers.

    ``bases``: names of the framework's classes (a trailing ``*`` matches any beginning). ``handlers``: attribute ->
    HTTP method. ``inherited``: base class name -> attributes that the framework itself implements. ``guards``: class
    attributes that hold decorators for the handlers (``keyed``: or a dict of them by method name). ``allowed``: the
    attribute that names the methods the class answers, where its own body has it. ``late``: the guards that are read
    at each request. ``dispatch``: the method every request passes through before its handler. ``inherited_advice``: how
    to mark a class that inherits its handler, in the form of :data:`ON_CLASS`; empty where only a method of its own can
    carry the mark.
    """

    bases: tuple[str, ...]
    handlers: Mapping[str, str] = field(default_factory=lambda: {verb: verb.upper() for verb in VERBS})
    inherited: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    guards: tuple[str, ...] = ()
    keyed: bool = False
    allowed: str = ""
    late: tuple[str, ...] = ()
    dispatch: str = ""
    inherited_advice: str = ON_CLASS


@dataclass(frozen=True, slots=True, eq=False)
class Refused:
    """A decorator that runs for a handler and may not be ``@money_moving``, which the runtime refuses where it stands.

    ``why`` is the clause that follows "because". ``opt_out``: it may not be ``@not_money_moving`` either. ``remedy`` is what
    to do where moving the mark is not it.
    """

    value: Value
    node: ast.AST
    why: str
    opt_out: bool = False
    remedy: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Registration:
    """One fact: ``target`` answers ``methods`` at ``route`` (and at ``other_routes``), below the prefixes of ``owner``.

    ``target`` is seen through the decorators that were on it when it was registered. ``klass`` is the class a
    view's method belongs to. ``node`` is the decorator or call that registers. ``problem`` says what cannot be decided.
    ``guards`` are decorators given at the registration. ``below`` is the position of the registering decorator, nearest
    first (``None``: every decorator of the definition applies). ``attribute`` is the method of a class view.
    ``parameters`` are those that decide the methods, of functions whose callers are not known here. ``deferred``: see
    :class:`Route`. ``idle`` are decorators that do nothing for this handler, each with the clause that says why; like
    ``guards``, they are settled here, wherever among the decorators of the definition they stand. ``refused`` are those
    that may not be a mark. ``presumed``: the
    definition looks like a handler, and counts as one where no other registration of it is in sight; by ``any-method``
    evidence alone only where none of anything is. ``owner`` is the router or application that registers;
    ``below_own``: its own prefix stands before the route. ``is_open``: something that nobody reads (a version) stands before
    all prefixes. ``advice`` says how to mark a handler whose code is inherited
    (see :class:`View`). ``unread``: nobody can read what registers it, if anything does; ``problem`` says so, and
    ``settles`` what would settle it. ``heir`` is the class through whose object a method of a base class is registered.
    """

    framework: str
    target: Value
    methods: Methods
    route: str | None
    node: ast.AST
    scope: Scope
    evidence: Evidence = "explicit"
    problem: str = ""
    guards: tuple[tuple[Value, ast.AST], ...] = ()
    klass: Klass | None = None
    written: str = ""
    below: int | None = None
    is_rpc: bool = False
    attribute: str = ""
    has_methods: bool = False
    parameters: tuple[Parameter, ...] = ()
    idle: tuple[tuple[Value, ast.AST, str], ...] = ()
    refused: tuple[Refused, ...] = ()
    deferred: bool = False
    presumed: bool = False
    owner: Value = UNKNOWN
    other_routes: tuple[str, ...] = ()
    advice: str = ""
    below_own: bool = True
    is_open: bool = False
    unread: bool = False
    settles: str = ""
    heir: Klass | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Link:
    """One decorator of a definition, nearest first: what it is, as written, and what it was put on."""

    decorator: Value
    node: ast.expr
    below: Value
    scope: Scope
    written: str


class KnownFrameworks(Protocol):
    """Which names belong to which framework."""

    @property
    def call_names(self) -> frozenset[str]:
        """Names whose calls register what they are given."""
        ...

    @property
    def with_view_hook(self) -> tuple[Framework, ...]:
        """The frameworks that look at classes themselves."""
        ...

    def by_package(self, dotted: str) -> Framework | None:
        """The framework a dotted name belongs to."""
        ...

    def is_known(self, dotted: str) -> bool:
        """Whether a name is a framework's, the standard library's, or the runtime's."""
        ...

    def is_foreign(self, dotted: str) -> bool:
        """Whether a name belongs to a package that registers nothing."""
        ...

    def by_generated(self, dotted: str) -> Framework | None:
        """The framework whose compiler writes modules of a name like this one's."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Unread:
    """A decorator or a call that could register and was followed to no end: nobody knows whether it does.

    ``value`` is what the decorator or the callee came to (an :class:`External` name of a package that no framework here
    has, an :class:`Unknown`, a :class:`Parameter`, or a :class:`Made`, :class:`Member` or :class:`Applied` of one).
    ``node`` is the decorator or call as written, in ``scope``. ``target`` is what it is put on, or the first function,
    class or lambda that the call is given. One that registers something, and one in a module that is not judged, is not
    among them; a decorator or call that is plainly no route is. ``keeper``: what a decorator of the project came to, whose
    callee is ``value``: it may keep what it is put on for something that registers it.
    """

    value: Value
    node: ast.expr
    scope: Scope
    target: Value
    environment: Environment = field(default_factory=dict["tuple[int, str]", "Value"])
    keeper: Value | None = None


class Finder(Protocol):
    """What a framework may ask while it looks at a project."""

    @property
    def evaluator(self) -> Evaluator:
        """What expressions come to."""
        ...

    @property
    def call_index(self) -> CallIndex:
        """The calls of the modules in view, and what was gathered from them."""
        ...

    @property
    def registry(self) -> KnownFrameworks:
        """Which names belong to which framework."""
        ...

    @property
    def view_calls(self) -> dict[ast.AST, list[Registration]]:
        """The calls that register a class, by the class."""
        ...

    @property
    def unread(self) -> list[Unread]:
        """The decorators and calls of the judged modules that were followed to no end."""
        ...

    @property
    def extended(self) -> set[ast.AST]:
        """Classes that others of the project extend."""
        ...

    @property
    def directives(self) -> dict[str, Func]:
        """Methods that the project adds to a framework's objects, by name."""
        ...

    def framework_of(self, value: Value) -> Framework | None:
        """The framework whose object a value is."""
        ...

    def links(self, function: Func) -> list[Link]:
        """The decorators of a definition, nearest first, with what the project's own decorators apply."""
        ...

    def guard_values(self, value: Value) -> Iterator[Value]:
        """Decorators in a list, tuple or alone."""
        ...

    def definition(self, target: Value) -> Func | Lambda | Klass | None:
        """The definition that a registered value leads to."""
        ...

    def view_class(self, target: Value) -> Klass | None:
        """The view class that a registered value leads to."""
        ...

    def decorated(self, function: Func) -> Iterator[Registration]:
        """The registrations made by the decorators of one function."""
        ...


ViewHook: TypeAlias = "Callable[[Finder, Klass], Iterator[Registration]]"
Refine: TypeAlias = "Callable[[Finder, Registration, Arguments], Iterator[Registration]]"
ModuleHook: TypeAlias = "Callable[[Finder, Scope], Iterator[Registration]]"
GuardHook: TypeAlias = "Callable[[Finder, Value], Iterator[tuple[Value, ast.AST]]]"


@dataclass(frozen=True, slots=True)
class Framework:
    """Everything the finder has to know about one framework.

    ``titles``: what people call what is read here, for the list of frameworks. ``adapter``: what of the runtime serves its
    handlers; ``None``: nothing does, and a mark on one is refused when it is called. ``packages``: top-level import
    names. ``methods``: route methods of its routers and applications (``__call__``: what they are called as; ``[1]``:
    the second of what a function of its packages gives). ``functions``: the same for names imported from its packages.
    ``tokens``: words (regular expression fragments) that a file needs for this framework to find anything in it.
    ``duck_prefixes``: method names that make any class one of its own. ``generated``: endings of the names of modules
    that its compiler writes, whose classes are its own wherever they stand. ``local``: names whose calls register only
    in modules that import the framework (too common elsewhere). ``telling``: keywords that make a call by such a name
    one that registers, wherever it stands. ``makers``: what makes a router that is called itself. ``shares_its_name``:
    projects give its packages' names to packages of their own, which are meant where they have them; ``own_names``: what
    else is imported from a package of this name is of such a one that is not in view.
    ``asks_every_module``: its ``module_hook`` is asked of modules that import nothing of it, too.
    ``prefixes``: what stands before the routes. ``adds_methods``: calls of its own give its objects methods that register.
    """

    name: str
    packages: tuple[str, ...]
    titles: tuple[str, ...] = ()
    adapter: RuntimeAdapter | None = None
    methods: Mapping[str, Route] = field(default_factory=dict[str, Route])
    functions: Mapping[str, Route] = field(default_factory=dict[str, Route])
    views: tuple[View, ...] = ()
    view_hook: ViewHook | None = None
    refine: Refine | None = None
    module_hook: ModuleHook | None = None
    router_guards: GuardHook | None = None
    tokens: tuple[str, ...] = ()
    duck_prefixes: tuple[str, ...] = ()
    local: frozenset[str] = frozenset()
    generated: tuple[str, ...] = ()
    telling: frozenset[str] = frozenset()
    prefixes: Prefixes = NO_PREFIXES
    makers: frozenset[str] = frozenset()
    shares_its_name: bool = False
    asks_every_module: bool = False
    own_names: frozenset[str] = frozenset()
    adds_methods: bool = False


def verbs(
    names: tuple[str, ...] = VERBS,
    *,
    path: Slot = PATH,
    target: Slot | None = None,
    guards: tuple[str, ...] = (),
    needs_path: bool = True,
) -> dict[str, Route]:
    """A :class:`Route` for each verb method: ``post`` registers POST."""
    return {
        name: Route(
            fixed=frozenset({name.upper()}), path=path, target=target, guards=guards, needs_path=needs_path
        )
        for name in names
    }

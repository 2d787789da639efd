"""How a framework's table says where its routes get their prefixes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from idem_lint.engine.parameter_binding import Arguments, Slot

UNSAID = "…"
"""Stands in a route for a part that is not known from the source: no segment, one, or several."""

THROUGH = frozenset({"app", "asgi_app", "router", "routes", "urls", "wsgi_app"})
"""Attributes of a router or application that stand for itself."""

NOWHERE = Slot()
Party: TypeAlias = Slot | Literal["receiver", "result", "arguments"]
Own: TypeAlias = Slot | Callable[[Arguments], tuple[str, ...]]


def slashed(prefix: str, path: str) -> str:
    """Both with one slash between them; a prefix or path that is empty adds nothing."""
    return f"{prefix.rstrip('/')}/{path.lstrip('/')}" if prefix and path else prefix or path


def rooted(route: str) -> str:
    """A route that starts with a slash, whatever was written."""
    return route if route.startswith(("/", UNSAID)) else f"/{route}"


@dataclass(frozen=True, slots=True)
class Include:
    """A call that serves one router (or several) below another: ``parent.include_router(router, prefix="/x")``.

    ``router`` and ``parent`` are an argument (or all positional ``arguments``), what the method is called on
    (``receiver``), or what the call makes (``result``). ``prefix``: the argument that adds a prefix. ``replaces``: what
    makes the routers whose own prefix it stands in place of. ``table``: an argument with a dict of more routers, each by
    its prefix.
    """

    router: Party
    parent: Party = "receiver"
    prefix: Slot = NOWHERE
    replaces: tuple[str, ...] = ()
    table: Slot = NOWHERE


@dataclass(frozen=True, slots=True)
class Prefixes:
    """Where the routers of a framework get their prefixes.

    ``own``: what makes a router (class, function, or method of another router) -> the argument with its own prefix, or
    what its arguments come to. ``attribute``: the one that holds the prefix of a class whose methods are routes.
    ``applications``: classes and functions whose objects are served as they are, when nothing mounts them.
    ``methods`` and ``functions``: calls that include or mount, by the name of the method or of the class or function.
    ``join``: how a prefix and what follows it become one; ``finish``: how the route looks in the end. ``by_definition``:
    functions and classes are given to routers themselves. ``by_module``: so are modules, with all routes in them;
    ``table`` is what holds the routes there.
    """

    own: Mapping[str, Own] = field(default_factory=dict[str, Own])
    applications: frozenset[str] = frozenset()
    methods: Mapping[str, Include] = field(default_factory=dict[str, Include])
    functions: Mapping[str, Include] = field(default_factory=dict[str, Include])
    join: Callable[[str, str], str] = slashed
    finish: Callable[[str], str] = str
    attribute: str = ""
    by_definition: bool = False
    by_module: bool = False
    table: str = ""

    @property
    def is_known(self) -> bool:
        """Whether anything is said here."""
        return bool(self.own or self.applications or self.methods or self.functions or self.by_module)


NO_PREFIXES = Prefixes()

"""The frameworks by package, and which names belong to which."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from idem_lint.finding.interface import Framework, Route, Slot, verbs
from idem_lint.finding.runtime_adapters import RuntimeAdapter
from idem_lint.source.prefilter import Screen

# Packages whose objects have a `post` that is not a route.
FOREIGN = frozenset(
    {
        "responses",
        "requests",
        "requests_mock",
        "respx",
        "httpx",
        "httpretty",
        "aioresponses",
        "unittest",
        "mock",
    }
    | {
        "pytest",
        "locust",
        "vcr",
        "pact",
        "schemathesis",
        "celery",
        "sqlalchemy",
        "click",
        "typer",
        "builtins",
        "uplink",
        "decorest",
        "pytest_httpserver",
    }
)
# Modules of the standard library whose functions call what they are given, or make what does.
_FOLLOWED = frozenset({"functools", "operator", "types"})
RUNTIME = "idem_runtime"
# Words without which a file registers nothing, whatever the framework.
_SCREEN = ("post", "POST", r"methods?\s*=", r"route\(")

_GENERIC = Framework(
    name="unknown",
    packages=(),
    methods={
        **verbs(("get", "post", "put", "patch", "delete")),
        "route": Route(),
        "api_route": Route(),
        "add_api_route": Route(target=Slot(1, ("endpoint",))),
        "add_url_rule": Route(target=Slot(2, ("view_func",))),
    },
)


class Registry:
    """The frameworks by package, and the names that registering calls have."""

    def __init__(self, frameworks: Iterable[Framework]) -> None:
        self.frameworks = tuple(frameworks)
        self.generic = _GENERIC
        self._packages = {package: each for each in self.frameworks for package in each.packages}
        self._by_name: dict[str, Framework | None] = {}
        self._generated = {ending: each for each in self.frameworks for ending in each.generated}
        every = (*self.frameworks, self.generic)
        routes = [
            (each, *item) for each in every for item in (*each.methods.items(), *each.functions.items())
        ]
        makers = (name for each in self.frameworks for name in each.makers)
        self.route_names = frozenset({*(name for _, name, _ in routes), *makers})
        self.call_names = frozenset(
            name for each, name, route in routes if route.target is not None and name not in each.local
        )
        self.telling = frozenset(word for each in self.frameworks for word in each.telling)
        everywhere = {name for each, name, _ in routes if name not in each.local}
        self.local = frozenset(name for each in self.frameworks for name in each.local) - everywhere
        self.with_view_hook = tuple(each for each in self.frameworks if each.view_hook is not None)
        self.asking_every_module = tuple(each for each in self.frameworks if each.asks_every_module)
        self.duck_prefixes = tuple(prefix for each in self.frameworks for prefix in each.duck_prefixes)
        shared = {package for each in self.frameworks if each.shares_its_name for package in each.packages}
        self._tops = frozenset({*(name.partition(".")[0] for name in self._packages), RUNTIME})
        self.packages = self._tops - shared
        tokens = (token for each in self.frameworks for token in each.tokens)
        self.screen = Screen([*_SCREEN, *self.call_names, *tokens])

    def has_adapter(self, name: str) -> bool:
        """Whether something of the runtime serves a framework, or nobody knows which framework it is."""
        known = [framework for framework in self.frameworks if framework.name == name]
        return not known or any(framework.adapter is not None for framework in known)

    def adapter_of(self, name: str) -> RuntimeAdapter | None:
        """What of the runtime serves a framework; ``None`` where nothing does, or nobody knows which it is."""
        known = (framework.adapter for framework in self.frameworks if framework.name == name)
        return next((adapter for adapter in known if adapter is not None), None)

    def by_package(self, dotted: str) -> Framework | None:
        """The framework a dotted name belongs to; the longest package wins."""
        if dotted not in self._by_name:
            self._by_name[dotted] = self._longest(dotted) or self.by_generated(dotted)
        return self._by_name[dotted]

    def _longest(self, dotted: str) -> Framework | None:
        name = dotted
        while name:
            if name in self._packages:
                found = self._packages[name]
                first = dotted[len(name) + 1 :].partition(".")[0]
                return found if not found.own_names or first in {"", *found.own_names} else None
            name = name.rpartition(".")[0]
        return None

    def by_generated(self, dotted: str) -> Framework | None:
        """The framework whose compiler writes modules of a name like this one's, or like one it starts with."""
        for ending, framework in self._generated.items():
            if ending in dotted and any(part.endswith(ending) for part in dotted.split(".")):
                return framework
        return None

    def imported(self, imports: Iterable[str]) -> list[Framework]:
        """The frameworks among a module's imports, in the registry's order."""
        found = {id(framework) for name in imports if (framework := self.by_package(name)) is not None}
        return [framework for framework in self.frameworks if id(framework) in found]

    def is_foreign(self, dotted: str) -> bool:
        """Whether a name belongs to a package that registers nothing."""
        return dotted.partition(".")[0] in FOREIGN

    def is_known(self, dotted: str) -> bool:
        """Whether a decorator of this name is understood: a framework's, the standard library's, or the runtime's."""
        top = dotted.partition(".")[0]
        is_ours = top in self._tops and (top in self.packages or self.by_package(dotted) is not None)
        return top in sys.stdlib_module_names or is_ours

    def is_plain_library(self, dotted: str) -> bool:
        """Whether a name is the standard library's, and no framework's."""
        return dotted.partition(".")[0] in sys.stdlib_module_names and self.by_package(dotted) is None

    def is_plain(self, dotted: str) -> bool:
        """Whether a call of a name like this one registers nothing: the standard library's, or of a package for other
        things.
        """
        top = dotted.partition(".")[0]
        return (top in sys.stdlib_module_names and top not in _FOLLOWED) or top in FOREIGN

    def is_builtin_handler(self, dotted: str) -> bool:
        """Whether a handler of this name is a framework's own (documentation pages, static files)."""
        return self.by_package(dotted) is not None

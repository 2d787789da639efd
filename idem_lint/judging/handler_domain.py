"""Which money domain a handler is in, and what says so: its file, what registers it, or its route."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, TypeAlias

from idem_lint.engine.module_facts import Module
from idem_lint.finding.interface import Registration
from idem_lint.result_types import MoneyWord
from idem_lint.settings.config import Config, ConfigOf
from idem_lint.settings.domains import Domain, Domains
from idem_lint.settings.money_words import DEFAULT_DOMAINS, PRESETS

Routes: TypeAlias = Callable[[Registration], tuple[str, ...]]


class HandlerScope(NamedTuple):
    """Whether a handler is judged, and why.

    ``domain`` is None outside every domain; ``outside`` then says what speaks of money all the same (a word of the
    preset "money"). ``hidden_test``: it would be in a domain, but is a test's, and those are left out.
    """

    domain: str | None
    reason: str = ""
    outside: MoneyWord | None = None
    hidden_test: bool = False


class HandlerDomains:
    """The domains of handlers, by the configuration of their file. ``routes``: those of a registration, in full."""

    def __init__(self, config: ConfigOf, routes: Routes) -> None:
        self._config = config
        self._routes = routes
        self._judges: dict[int, _Judge] = {}

    def _judge(self, path: Path) -> _Judge:
        config = self._config.of(path)
        if id(config) not in self._judges:
            self._judges[id(config)] = _Judge(config, self._routes)
        return self._judges[id(config)]

    def of_path(self, path: Path) -> str | None:
        """The domain of a file by its path alone, for any kind of handler."""
        return self._judge(path).own.rpc_of(path)

    def of_module(self, module: Module) -> str | None:
        """As :meth:`of_path`, for handlers that are no RPCs."""
        return self._judge(module.path).own.of(module.path)

    def leaves_out(self, path: Path) -> bool:
        """Whether a file is a test, and tests are not judged."""
        return self._judge(path).own.leaves_out(path)

    def of_handler(self, module: Module, registrations: Iterable[Registration]) -> HandlerScope:
        """The scope of what is defined (or, where no definition is in reach, registered) in ``module``."""
        return self._judge(module.path).scope(module, list(registrations))


class _Judge:
    """By one configuration and, where that has no answer, by every word for money."""

    def __init__(self, config: Config, routes: Routes) -> None:
        self._routes = routes
        self.own = Domains(config)
        self._with_tests = Domains(config._replace(include_tests=True))
        every_word = (*DEFAULT_DOMAINS, *PRESETS["money"])
        self._money = Domains(
            config._replace(domains=every_word, domain_paths=(), domain_names={}, all_domains=False)
        )

    def scope(self, module: Module, registrations: list[Registration]) -> HandlerScope:
        """What :meth:`HandlerDomains.of_handler` says."""
        if self.own.leaves_out(module.path):
            hidden = next(_domains(self._with_tests, module, registrations, self._routes), None)
            return HandlerScope(None, hidden_test=hidden is not None)
        counted = [each for each in registrations if not self.own.leaves_out(each.scope.module.path)]
        domain = next(_domains(self.own, module, counted, self._routes), None)
        if domain is not None:
            return HandlerScope(*domain)
        money = next(_domains(self._money, module, counted, self._routes), None)
        return HandlerScope(None, outside=None if money is None else MoneyWord(*money))


def _domains(
    domains: Domains, module: Module, registrations: Sequence[Registration], routes: Routes
) -> Iterator[Domain]:
    """What puts a handler into a domain, the strongest first: its own file, what registers it, its route."""
    is_rpc = any(each.is_rpc for each in registrations)
    own = domains.of_file(module.path, is_rpc=is_rpc)
    if own is not None:
        yield own
    for each in registrations:
        domain = domains.of_file(each.scope.module.path, is_rpc=is_rpc)
        if domain is not None:
            yield Domain(domain.name, f"{domain.reason}, which registers it")
    for heir in (each.heir for each in registrations if each.heir is not None):
        domain = domains.of_file(heir.module.path, is_rpc=is_rpc)
        if domain is not None:
            yield Domain(domain.name, f"{domain.reason}, whose `{heir.node.name}` has it")
    for each in registrations:
        yield from (found for route in routes(each) if (found := domains.of_route(route)) is not None)

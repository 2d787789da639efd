"""Which money domain a handler is in, and what says so: its file, what registers it, or its route."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from idem_lint.engine.module_facts import Module
from idem_lint.finding.interface import Registration
from idem_lint.result_types import MoneyWord
from idem_lint.settings.config import Config
from idem_lint.settings.domains import Domain, Domains
from idem_lint.settings.money_words import DEFAULT_DOMAINS, PRESETS


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
    """The domains of handlers, by the configuration and, where that has no answer, by every word for money."""

    def __init__(self, config: Config) -> None:
        self._domains = Domains(config)
        self._with_tests = Domains(config._replace(include_tests=True))
        every_word = (*DEFAULT_DOMAINS, *PRESETS["money"])
        self._money = Domains(
            config._replace(domains=every_word, domain_paths=(), domain_names={}, all_domains=False)
        )

    def of_module(self, module: Module, *, is_rpc: bool = False) -> str | None:
        """The domain of a file by its path alone."""
        domain = self._domains.of_file(module.path, is_rpc=is_rpc)
        return None if domain is None else domain.name

    def of_path(self, path: Path) -> str | None:
        """As :meth:`of_module`, for any kind of handler."""
        return self._domains.rpc_of(path)

    def of_handler(self, module: Module, registrations: Iterable[Registration]) -> HandlerScope:
        """The scope of what is defined (or, where no definition is in reach, registered) in ``module``."""
        registrations = list(registrations)
        if self._domains.leaves_out(module.path):
            hidden = next(_domains(self._with_tests, module, registrations), None)
            return HandlerScope(None, hidden_test=hidden is not None)
        counted = [each for each in registrations if not self._domains.leaves_out(each.scope.module.path)]
        domain = next(_domains(self._domains, module, counted), None)
        if domain is not None:
            return HandlerScope(*domain)
        money = next(_domains(self._money, module, counted), None)
        return HandlerScope(None, outside=None if money is None else MoneyWord(*money))


def _domains(domains: Domains, module: Module, registrations: Sequence[Registration]) -> Iterator[Domain]:
    """What puts a handler into a domain, the strongest first: its own file, what registers it, its route."""
    is_rpc = any(each.is_rpc for each in registrations)
    own = domains.of_file(module.path, is_rpc=is_rpc)
    if own is not None:
        yield own
    for each in registrations:
        domain = domains.of_file(each.scope.module.path, is_rpc=is_rpc)
        if domain is not None:
            yield Domain(domain.name, f"{domain.reason}, which registers it")
    for each in registrations:
        by_route = domains.of_route(each.route) if each.route else None
        if by_route is not None:
            yield by_route

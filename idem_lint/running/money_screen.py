"""Whether a run has to link the project: a glance at bytes that answers no only where no handler can say money.

A handler is in a domain by its file, by the file that registers it or by its route, and a word of a route stands in
some file, as it is or within a name; not always in the file that registers, whose function may be given the route by
another (``@endpoint("/wallet/transfers")``). So where no file registers or none says money there is nothing to find.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from idem_lint.settings.domain_words import DomainWords
from idem_lint.settings.money_words import DEFAULT_DOMAINS, PRESETS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from idem_lint.running.file_domains import FileDomains

_OWN_MARKS = (b"ledger_write", b"money_moving")
"""Where a project says itself what its ledger is, tasks and commands count that no framework registers; what is marked is
judged wherever it is.
"""
_DEFINES_OR_CALLS = (b"(", b"[", b"{", b"@")
_ROUTES_IN_DOCUMENTS = frozenset({b"connexion"})
"""Packages whose routes stand in files that are not Python."""


class MoneyScreen:
    """Looks for the words of the domains, and for every other word for money, in files that may register."""

    def __init__(self, domains: FileDomains, read: Callable[[Path], bytes]) -> None:
        self.domains = domains
        self._read = read
        self._own = DomainWords(domains.names)
        self._every = DomainWords((*domains.names, *DEFAULT_DOMAINS, *PRESETS["money"]))
        self._says_money = cache(self._every_may_start)

    def needs_project(self, files: Iterable[Path], context: Callable[[], Iterable[Path]]) -> bool:
        """Whether a handler in ``files`` could be in a domain, or outside every domain though a word says money.

        ``context`` gives all files of the project, which are asked for only where that matters.
        """
        files = list(files)
        if any(self.domains.of(path) is not None for path in files):
            return True
        if not any(mark in self._read(path) for path in files for mark in _DEFINES_OR_CALLS):
            return False
        around = list(context())
        if any(self.domains.of(path) is not None for path in around):
            return True
        if any(map(self._may_register, around)) and any(map(self._may_say_money, around)):
            return True
        return any(mark in self._read(path) for path in around for mark in _OWN_MARKS)

    def may_hold_money(self, path: Path) -> bool:
        """Whether a file that nothing can parse shows a word of a domain and one of those that registrations have."""
        words = _words(self._read(path))
        return self._registers(path, words) and any(map(self._own.may_start, map(bytes.decode, words)))

    def _may_register(self, path: Path) -> bool:
        return self._registers(path, _words(self._read(path)))

    def _may_say_money(self, path: Path) -> bool:
        words = _words(self._read(path))
        names = (name for part in path.parts if (name := part.partition(".")[0]))
        return (
            not self._every.is_ascii
            or not _ROUTES_IN_DOCUMENTS.isdisjoint(words)
            or any(map(self._says_money, words))
            or any(map(self._every.may_start, names))
        )

    def _registers(self, path: Path, words: frozenset[bytes]) -> bool:
        from idem_lint.frameworks.registry import registry

        return registry().screen.search(self._read(path), words)

    def _every_may_start(self, word: bytes) -> bool:
        return self._every.may_start(word.decode())


def _words(source: bytes) -> frozenset[bytes]:
    from idem_lint.source.prefilter import WORD

    return frozenset(WORD.findall(source))

"""What there is in a project for ``idem-lint init``: its handlers, the words for money at them, what each preset judges."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from idem_lint.settings.domains import Domains
from idem_lint.settings.money_words import DEFAULT_DOMAINS, PRESETS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from idem_lint.result_types import Handler
    from idem_lint.run_results import Inventory
    from idem_lint.settings.config import Config, ConfigOf


class WordCount(NamedTuple):
    """At how many handlers a word stands: in the path of its file, of a file that registers it, or in its route."""

    word: str
    by_file: int
    by_registering_file: int
    by_route: int


class FolderCount(NamedTuple):
    """The handlers of a folder (relative to the one looked at), and how many of them each preset judges."""

    folder: str
    handlers: int
    judged: Mapping[str, int]


class Survey(NamedTuple):
    """Counts of handlers that answer POST (and of RPCs); those of tests, which are left out by default, stand apart.

    ``undecided``: registrations that cannot be read to their end. ``unparsed``: files.
    """

    handlers: int
    tests: int
    undecided: int
    unparsed: int
    judged: Mapping[str, int]
    words: tuple[WordCount, ...]
    folders: tuple[FolderCount, ...]

    @property
    def preset(self) -> str:
        """The first preset (the narrowest) of those that judge most."""
        return max(self.judged, key=lambda name: self.judged[name])


def survey(inventory: Inventory, config: ConfigOf, folder: Path) -> Survey:
    """Count what is in an inventory of ``folder`` (absolute)."""
    presets = {name: _Words(config, (*DEFAULT_DOMAINS, *words)) for name, words in PRESETS.items()}
    every = _Words(
        config, tuple(dict.fromkeys([*DEFAULT_DOMAINS, *(w for p in PRESETS.values() for w in p)]))
    )
    counted = [handler for handler in inventory.handlers if not every.is_test(handler)]
    judged = {
        name: [handler for handler in counted if words.judges(handler)] for name, words in presets.items()
    }
    return Survey(
        len(counted),
        len(inventory.handlers) - len(counted),
        len(inventory.undecided),
        len(inventory.unparsed),
        {name: len(handlers) for name, handlers in judged.items()},
        tuple(_word_counts(every, counted)),
        tuple(_folder_counts(counted, judged, folder)),
    )


def _word_counts(words: _Words, handlers: list[Handler]) -> Iterator[WordCount]:
    """The words seen, the most frequent first."""
    places: tuple[Callable[[Handler], set[str]], ...] = (
        words.by_file,
        words.by_registering_file,
        words.by_route,
    )
    counts = [Counter(word for handler in handlers for word in place(handler)) for place in places]
    total = sum(counts, Counter[str]())
    for word in sorted(total, key=lambda word: (-total[word], word)):
        yield WordCount(word, *(count[word] for count in counts))


def _folder_counts(
    handlers: list[Handler], judged: Mapping[str, list[Handler]], top: Path
) -> Iterator[FolderCount]:
    """The folders that hold handlers, those with most handlers first."""
    total = Counter(_folder(handler, top) for handler in handlers)
    by_preset = {name: Counter(_folder(handler, top) for handler in each) for name, each in judged.items()}
    for folder in sorted(total, key=lambda folder: (-total[folder], folder)):
        yield FolderCount(folder, total[folder], {name: count[folder] for name, count in by_preset.items()})


def _folder(handler: Handler, top: Path) -> str:
    return os.path.relpath(os.path.dirname(handler.place.file), top).replace(os.sep, "/")


class _Words:
    """What some words for money say of handlers; files have their own configuration otherwise."""

    def __init__(self, config: ConfigOf, words: tuple[str, ...]) -> None:
        self._config = config
        self._words = words
        self._domains: dict[int, Domains] = {}

    def _of(self, handler: Handler) -> Domains:
        config: Config = self._config.of(Path(os.path.abspath(handler.place.file)))
        if id(config) not in self._domains:
            self._domains[id(config)] = Domains(
                config._replace(domains=self._words, domain_paths=(), domain_names={}, all_domains=False)
            )
        return self._domains[id(config)]

    def is_test(self, handler: Handler) -> bool:
        """Whether a handler is a test's."""
        return self._of(handler).leaves_out(Path(os.path.abspath(handler.place.file)))

    def judges(self, handler: Handler) -> bool:
        """Whether one of the words puts a handler into a domain."""
        return bool(self.by_file(handler) or self.by_registering_file(handler) or self.by_route(handler))

    def by_file(self, handler: Handler) -> set[str]:
        """The domain of the file that defines a handler."""
        return self._by_files(handler, {handler.place.file})

    def by_registering_file(self, handler: Handler) -> set[str]:
        """The domains of the other files that register a handler."""
        return self._by_files(handler, {place.file for place in handler.registered} - {handler.place.file})

    def by_route(self, handler: Handler) -> set[str]:
        """The domains that the routes of a handler name."""
        domains = map(self._of(handler).of_route, handler.routes)
        return {domain.name for domain in domains if domain is not None}

    def _by_files(self, handler: Handler, files: set[str]) -> set[str]:
        paths = (Path(os.path.abspath(file)) for file in files)
        domains = (self._of(handler).of_file(path, is_rpc=handler.is_rpc) for path in paths)
        return {domain.name for domain in domains if domain is not None}

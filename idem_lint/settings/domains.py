"""Which money domain a handler belongs to (ADR-007: "a domain tagged ``scope:wallet|payroll|ewa|lending|savings``").

Of a file, the first of these that has an answer decides:

1. a ``domain-paths`` table of the configuration, ``glob = "domain"``, in the order written;
2. Nx: the nearest ``project.json`` above the file, up to the project root, with a ``scope:`` tag of a known domain;
3. the words of the path below the project root, and so of the dotted module: the file's own name first, then its
   folders from the file outwards; within one name from left to right;
4. a ``domain-paths`` list: the domain is "custom";
5. ``all_domains``: the domain is "all".

Words are whole, in singular and plural, however they are joined (``domain_words.py``); a route has them between its
slashes. A file outside the project root is judged by its whole path. Tests belong to no domain, unless ``include-tests``
says otherwise.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

from idem_lint.settings.config import Config
from idem_lint.settings.domain_words import DomainWords, Match, words
from idem_lint.settings.globs import Glob

CUSTOM = "custom"
ALL = "all"
SERVICES = (("services",), ("service",))
RPC_NAMES: dict[tuple[str, ...], str] = {
    ("ledger",): "ledger",
    ("integration", "gateway"): "integration-gateway",
}
"""Below ``services``: where ADR-007 wants an idempotency key on every RPC that mutates money state."""

_TEST_FOLDERS = frozenset({"test", "tests"})
_TEST_FILES = frozenset({"test", "tests", "conftest"})


class Domain(NamedTuple):
    """A domain, and what puts something into it, as a phrase: "the word `wallets` of wallets/api.py"."""

    name: str
    reason: str


_EVERY = Domain(ALL, "--all-domains")


class _Folder(NamedTuple):
    """What a folder says of the files in it, itself or by those above it."""

    tag: Domain | None
    match: Match | None
    is_test: bool


_NO_FOLDER = _Folder(None, None, is_test=False)


class Domains:
    """The domains of one configuration. Answers are cached by folder and by file name: one run, one instance."""

    __slots__ = (
        "_all",
        "_base",
        "_custom",
        "_folders",
        "_include_tests",
        "_named",
        "_names",
        "_root",
        "_services",
        "_words",
    )

    def __init__(self, config: Config) -> None:
        self._base = os.path.join(config.base, "")
        self._root = str(config.root).rstrip(os.sep)
        self._words = DomainWords(config.domains)
        self._named = [(text, Glob(text), name) for text, name in config.domain_names.items()]
        self._custom = [(text, Glob(text)) for text in config.domain_paths if text not in config.domain_names]
        self._all = _EVERY if config.all_domains else None
        self._include_tests = config.include_tests
        self._names: dict[str, Match | None] = {}
        self._folders: dict[str, _Folder] = {}
        self._services: dict[str, str | None] = {}

    def of(self, path: Path) -> str | None:
        """The name of the domain of a file; None where it is in none. Raises ConfigError for a broken ``project.json``."""
        domain = self.of_file(path)
        return None if domain is None else domain.name

    def rpc_of(self, path: Path) -> str | None:
        """As :meth:`of`, and also ``ledger`` and ``integration-gateway`` for ADR-007's two services."""
        domain = self.of_file(path, is_rpc=True)
        return None if domain is None else domain.name

    def of_file(self, path: Path, *, is_rpc: bool = False) -> Domain | None:
        """The domain of a file, with the reason; ``is_rpc``: as :meth:`rpc_of`. Raises as :meth:`of`."""
        if self.leaves_out(path):
            return None
        text = _absolute(path)
        return self._of_path(text) or (self._of_service(text) if is_rpc else None) or self._all

    def of_route(self, route: str) -> Domain | None:
        """The domain that the words of a route name."""
        match = self._words.find_in_route(route)
        return (
            None if match is None else Domain(match.domain, f"the word `{match.text}` of the route {route}")
        )

    def leaves_out(self, path: Path) -> bool:
        """Whether a file is a test, and tests are not judged."""
        return not self._include_tests and self.is_test(path)

    def is_test(self, path: Path) -> bool:
        """Whether a file is a test by its name (``test_*.py``, ``conftest.py``) or by that of a folder below the root."""
        folder, _, name = _absolute(path).rpartition(os.sep)
        stem = _stem(name).lower()
        if stem in _TEST_FILES or stem.startswith("test_") or stem.endswith(("_test", "_tests")):
            return True
        return self._folder(folder).is_test

    def _of_path(self, text: str) -> Domain | None:
        relative = text[len(self._base) :].replace(os.sep, "/") if text.startswith(self._base) else None
        if relative is not None:
            for glob_text, glob, name in self._named:
                if glob.matches(relative):
                    return Domain(name, f'"{glob_text}" of domain-paths')
        folder, _, name = text.rpartition(os.sep)
        above = self._folder(folder)
        if above.tag is not None:
            return above.tag
        match = self._name(_stem(name)) or above.match
        if match is not None:
            return Domain(match.domain, f"the word `{match.text}` of {self._shown(text)}")
        if relative is not None:
            for glob_text, glob in self._custom:
                if glob.matches(relative):
                    return Domain(CUSTOM, f'"{glob_text}" of domain-paths')
        return None

    def _shown(self, text: str) -> str:
        """A path as a reason names it: from the root."""
        return text.removeprefix(self._root + os.sep).replace(os.sep, "/")

    def _name(self, name: str) -> Match | None:
        if name not in self._names:
            self._names[name] = self._words.find(name)
        return self._names[name]

    def _folder(self, folder: str) -> _Folder:
        known = self._folders.get(folder)
        if known is None:
            if folder == self._root or not folder:
                tag = self._tag(folder) if folder == self._root else None
                known = _NO_FOLDER._replace(tag=tag)
            else:
                parent, _, name = folder.rpartition(os.sep)
                above = self._folder(parent)
                tag = self._tag(folder) if folder.startswith(self._root + os.sep) else None
                known = _Folder(
                    tag or above.tag,
                    self._name(name) or above.match,
                    above.is_test or name.lower() in _TEST_FOLDERS,
                )
            self._folders[folder] = known
        return known

    def _tag(self, folder: str) -> Domain | None:
        """The domain that the folder's own ``project.json`` names."""
        path = f"{folder}{os.sep}project.json"
        if not os.path.lexists(path):
            return None
        from idem_lint.settings.nx_tags import scopes

        for scope in scopes(path):
            match = self._words.find(scope)
            if match is not None:
                return Domain(match.domain, f"the tag scope:{scope} of {self._shown(path)}")
        return None

    def _of_service(self, text: str) -> Domain | None:
        folder, _, name = text.rpartition(os.sep)
        service = self._service(folder, _stem(name))
        return None if service is None else Domain(service, f"the service of {self._shown(text)}")

    def _service(self, folder: str, name: str) -> str | None:
        """``ledger`` or ``integration-gateway`` where such a name follows ``services`` in the path below the root."""
        if folder == self._root or not folder:
            return None
        parent, _, above = folder.rpartition(os.sep)
        if words(above) in SERVICES and words(name) in RPC_NAMES:
            return RPC_NAMES[words(name)]
        if folder not in self._services:
            self._services[folder] = self._service(parent, above)
        return self._services[folder]


def _absolute(path: Path) -> str:
    text = str(path)
    return text if text.startswith(os.sep) and ".." not in text else os.path.abspath(text)


def _stem(name: str) -> str:
    return name.rpartition(".")[0] or name

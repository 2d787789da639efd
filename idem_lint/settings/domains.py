"""Which money domain a file belongs to (ADR-007: "a domain tagged ``scope:wallet|payroll|ewa|lending|savings``").

The first of these that has an answer decides:

1. a ``domain-paths`` table of the configuration, ``glob = "domain"``, in the order written;
2. Nx: the nearest ``project.json`` above the file, up to the project root, with a ``scope:`` tag of a known domain;
3. the words of the path below the project root, and so of the dotted module: the file's own name first, then its
   folders from the file outwards; within one name from left to right;
4. a ``domain-paths`` list: the domain is "custom";
5. ``all_domains``: the domain is "all".

Words are those of snake_case, kebab-case and camelCase names, whole, in singular and plural: ``wallets/``,
``EWARequest``, ``wallet_api.py`` are found, ``walletless`` is not. A file outside the project root is judged by its
whole path.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any, cast

from idem_lint.settings.config import Config, ConfigError
from idem_lint.settings.globs import Glob

CUSTOM = "custom"
ALL = "all"
SERVICES = (("services",), ("service",))
RPC_NAMES: dict[tuple[str, ...], str] = {
    ("ledger",): "ledger",
    ("integration", "gateway"): "integration-gateway",
}
"""Below ``services``: where ADR-007 wants an idempotency key on every RPC that mutates money state."""

_ALIASES = {"lending": ("loan",), "bnpl": ("buy now pay later",)}
_CHUNK = re.compile(r"[^\W\d_]+")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])(?![A-Z]s(?![a-z]))")
_STRING = r'"(?:\\.|[^"\\])*"'
_COMMENT = re.compile(_STRING + r"|//[^\n]*|/\*.*?\*/", re.DOTALL)
_TRAILING_COMMA = re.compile(_STRING + r"|,(?=\s*[}\]])", re.DOTALL)


def words(name: str) -> tuple[str, ...]:
    """The words of an identifier or a file name, in lower case: ``EWARequests_v2`` is ewa, requests, v."""
    if not name.isascii():
        import unicodedata

        name = unicodedata.normalize("NFC", name)
    found: list[str] = []
    for chunk in _CHUNK.findall(name):
        if chunk.islower() or chunk.isupper():
            found.append(chunk.lower())
        else:
            found += [word.lower() for word in _CAMEL.split(chunk)]
    return tuple(found)


def _forms(word: str) -> set[str]:
    """``word`` in singular and plural."""
    singular = {word}
    if word.endswith("ies") and len(word) > 4:
        singular.add(word[:-3] + "y")
    elif word.endswith(("ches", "shes", "sses", "xes", "zes")):
        singular.add(word[:-2])
    elif word.endswith("s") and not word.endswith("ss") and len(word) > 2:
        singular.add(word[:-1])
    return singular | {plural for one in singular for plural in _plurals(one)}


def _plurals(word: str) -> set[str]:
    if word.endswith("y") and word[-2:-1] not in "aeiou":
        return {word[:-1] + "ies"}
    return {word + ("es" if word.endswith(("s", "x", "z", "ch", "sh")) else "s")}


class _Words:
    """The configured domains, by the words that stand for them."""

    def __init__(self, domains: tuple[str, ...]) -> None:
        self._phrases: dict[str, list[tuple[tuple[str, ...], str]]] = {}
        for domain in domains:
            for name in (domain, *_ALIASES.get(domain, ())):
                self._add(words(name), domain)

    def _add(self, phrase: tuple[str, ...], domain: str) -> None:
        *front, last = phrase
        for form in _forms(last):
            whole = (*front, form)
            self._phrases.setdefault(whole[0], []).append((whole, domain))

    def of(self, name: str) -> str | None:
        """The domain of the leftmost phrase in ``name``; the longest, where several start at one word."""
        found = words(name)
        for start, word in enumerate(found):
            hits = [
                (len(phrase), domain)
                for phrase, domain in self._phrases.get(word, ())
                if found[start : start + len(phrase)] == phrase
            ]
            if hits:
                return max(hits, key=lambda hit: hit[0])[1]
        return None


class Domains:
    """The domains of one configuration. Answers are cached by folder and by file name: one run, one instance."""

    __slots__ = ("_all", "_base", "_custom", "_folders", "_named", "_names", "_root", "_services", "_words")

    def __init__(self, config: Config) -> None:
        self._base = os.path.join(config.base, "")
        self._root = str(config.root).rstrip(os.sep)
        self._words = _Words(config.domains)
        self._named = [(Glob(glob), name) for glob, name in config.domain_names.items()]
        self._custom = [Glob(glob) for glob in config.domain_paths if glob not in config.domain_names]
        self._all = ALL if config.all_domains else None
        self._names: dict[str, str | None] = {}
        self._folders: dict[str, tuple[str | None, str | None]] = {}
        self._services: dict[str, str | None] = {}

    def of(self, path: Path) -> str | None:
        """The domain of a file; None where it is in none. Raises ConfigError for a broken ``project.json``."""
        return self._domain(_absolute(path)) or self._all

    def rpc_of(self, path: Path) -> str | None:
        """As :meth:`of`, and also ``ledger`` and ``integration-gateway`` for ADR-007's two services."""
        text = _absolute(path)
        folder, _, name = text.rpartition(os.sep)
        return self._domain(text) or self._service(folder, _stem(name)) or self._all

    def _domain(self, text: str) -> str | None:
        if self._named or self._custom:
            relative = text[len(self._base) :].replace(os.sep, "/") if text.startswith(self._base) else None
            by_glob = next((name for glob, name in self._named if relative and glob.matches(relative)), None)
            if by_glob is not None:
                return by_glob
            custom = relative is not None and any(glob.matches(relative) for glob in self._custom)
        else:
            custom = False
        folder, _, name = text.rpartition(os.sep)
        tag, by_folder = self._folder(folder)
        return tag or self._name(_stem(name)) or by_folder or (CUSTOM if custom else None)

    def _name(self, name: str) -> str | None:
        if name not in self._names:
            self._names[name] = self._words.of(name)
        return self._names[name]

    def _folder(self, folder: str) -> tuple[str | None, str | None]:
        """The domain of a folder by Nx tag, and the one by words."""
        known = self._folders.get(folder)
        if known is None:
            if folder == self._root or not folder:
                known = (self._tag(folder) if folder == self._root else None), None
            else:
                parent, _, name = folder.rpartition(os.sep)
                above = self._folder(parent)
                tag = self._tag(folder) if folder.startswith(self._root + os.sep) else None
                known = (tag or above[0]), (self._name(name) or above[1])
            self._folders[folder] = known
        return known

    def _tag(self, folder: str) -> str | None:
        """The domain that the folder's own ``project.json`` names."""
        path = f"{folder}{os.sep}project.json"
        try:
            with open(path, encoding="utf-8-sig") as file:
                content = file.read()
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            return None
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"{path}: cannot be read: {error}") from error
        scopes = (tag.removeprefix("scope:") for tag in _tags(path, content) if tag.startswith("scope:"))
        return next((domain for domain in map(self._words.of, scopes) if domain is not None), None)

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


def _tags(path: str, content: str) -> list[str]:
    """``tags`` of a ``project.json``. Like Nx, it may hold comments and trailing commas."""
    import json

    try:
        project: Any = json.loads(content)
    except json.JSONDecodeError:
        try:
            project = json.loads(_plain(content))
        except json.JSONDecodeError as error:
            raise ConfigError(f"{path}: is not valid JSON: {error}") from error
    if not isinstance(project, dict):
        raise ConfigError(f'{path}: found no object; allowed: an Nx project, {{"tags": ["scope:wallet"]}}')
    tags: Any = cast("dict[str, Any]", project).get("tags", [])
    if isinstance(tags, list) and all(isinstance(tag, str) for tag in cast("list[object]", tags)):
        return cast("list[str]", tags)
    raise ConfigError(f'{path}: tags: found {json.dumps(tags)}; allowed: a list of strings, ["scope:wallet"]')


def _plain(content: str) -> str:
    """``content`` without comments, then without trailing commas; strings stay as they are."""
    for pattern in _COMMENT, _TRAILING_COMMA:
        content = pattern.sub(lambda match: match[0] if match[0].startswith('"') else " ", content)
    return content

"""Words in names, in any spelling: ``wallets/``, ``EWARequest``, ``wallet_api.py``; ``walletless`` is another word."""

from __future__ import annotations

import re
from typing import NamedTuple

from idem_lint.settings.money_words import ALIASES

_CHUNK = re.compile(r"[^\W\d_]+")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])(?![A-Z]s(?![a-z]))")


def words(name: str) -> tuple[str, ...]:
    """The words of an identifier or a file name, in lower case: ``EWARequests_v2`` is ewa, requests, v."""
    if not name.isascii():
        import unicodedata

        name = unicodedata.normalize("NFC", name)
    parts: list[str] = []
    for chunk in _CHUNK.findall(name):
        if chunk.islower() or chunk.isupper():
            parts.append(chunk.lower())
        else:
            parts += [word.lower() for word in _CAMEL.split(chunk)]
    return tuple(parts)


def _forms(word: str) -> set[str]:
    """``word`` in singular and plural."""
    singular = {word}
    if word.endswith("ies") and len(word) > 4:
        singular.add(word[:-3] + "y")
    elif word.endswith(("ches", "shes", "sses", "xes", "zes")):
        singular.add(word[:-2])
    elif word.endswith("s") and not word.endswith("ss") and len(word) > 2:
        singular.add(word[:-1])
    return singular | {_plural(one) for one in singular}


def _plural(word: str) -> str:
    if word.endswith("y") and word[-2:-1] not in "aeiou":
        return word[:-1] + "ies"
    return word + ("es" if word.endswith(("s", "x", "z", "ch", "sh")) else "s")


class Match(NamedTuple):
    """A domain, and the words that stand for it, as lower-case text: ``lending`` and ``loans``."""

    domain: str
    text: str


class DomainWords:
    """The names of domains, by the words that stand for them."""

    def __init__(self, domains: tuple[str, ...]) -> None:
        self._phrases: dict[str, list[tuple[tuple[str, ...], str]]] = {}
        for domain in domains:
            for name in (domain, *ALIASES.get(domain, ())):
                self._add(words(name), domain)

    def _add(self, phrase: tuple[str, ...], domain: str) -> None:
        *front, last = phrase
        for form in _forms(last):
            whole = (*front, form)
            self._phrases.setdefault(whole[0], []).append((whole, domain))

    @property
    def is_ascii(self) -> bool:
        """Whether no name has a letter beyond ASCII."""
        return all(word.isascii() for word in self._phrases)

    def may_start(self, name: str) -> bool:
        """Whether ``name`` holds a word that a domain's words start with."""
        return any(word in self._phrases for word in words(name))

    def find(self, name: str) -> Match | None:
        """The leftmost words in ``name`` that stand for a domain; the longest, where several start at one word."""
        parts = words(name)
        for start, word in enumerate(parts):
            hits = [
                (phrase, domain)
                for phrase, domain in self._phrases.get(word, ())
                if parts[start : start + len(phrase)] == phrase
            ]
            if hits:
                phrase, domain = max(hits, key=lambda hit: len(hit[0]))
                return Match(domain, " ".join(phrase))
        return None

    def find_in_route(self, route: str) -> Match | None:
        """As :meth:`find`, in the parts of a route between slashes, from left to right."""
        return next((match for part in route.split("/") if (match := self.find(part)) is not None), None)

"""Words and globs that select routes, for ``require_marks=``: matched as the linter matches its domains.

- Letters only (``wallet``, ``/wallet``, ``bill_payment``): words, in any part of the route, whole, in singular and plural:
  ``/api/v1/wallets/{id}`` and ``/walletApi`` are found, ``/walletless`` is not. ``lending`` is ``loan``, too, and ``bnpl``
  is ``buy now pay later``.
- Everything else (``/api/v1``, ``api/*/wallet``, ``**/transfers``): a glob of the whole route from its beginning, and of
  everything below. ``*`` and ``?`` stay within one part, ``**`` crosses parts, ``[…]`` is one of these characters.

A test holds this and the linter's domains to one table of examples.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

from idem_runtime.startup.money_words import ALIASES, DEFAULT_DOMAINS, PRESETS

WORDS = re.compile(r"[^\W\d_]+([ _-]+[^\W\d_]+)*")
_CHUNK = re.compile(r"[^\W\d_]+")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])(?![A-Z]s(?![a-z]))")
_GLOB = re.compile(
    r"(?P<across>(?:(?<=/)|^)\*\*+(?:/|$))|(?P<within>\*+)|(?P<one>\?)|\[(?P<not>[!^]?)(?P<set>\]?[^\]]*)\]"
)


def words(name: str) -> tuple[str, ...]:
    """The words of one part of a route, in lower case: ``EWARequests_v2`` is ewa, requests, v."""
    chunks = _CHUNK.findall(unicodedata.normalize("NFC", name))
    return tuple(word.lower() for chunk in chunks for word in _CAMEL.split(chunk))


def _singulars(word: str) -> set[str]:
    if word.endswith("ies") and len(word) > 4:
        return {word, word[:-3] + "y"}
    if word.endswith(("ches", "shes", "sses", "xes", "zes")):
        return {word, word[:-2]}
    return {word, word[:-1]} if word.endswith("s") and not word.endswith("ss") and len(word) > 2 else {word}


def _plural(word: str) -> str:
    if word.endswith("y") and word[-2:-1] not in "aeiou":
        return word[:-1] + "ies"
    return word + ("es" if word.endswith(("s", "x", "z", "ch", "sh")) else "s")


def _phrases(text: str) -> set[tuple[str, ...]]:
    """What stands for ``text``: its words and those of its aliases, the last one in singular and plural."""
    phrases: set[tuple[str, ...]] = set()
    for name in (text, *ALIASES.get(text, ())):
        *front, last = words(name)
        for singular in _singulars(last):
            phrases |= {(*front, singular), (*front, _plural(singular))}
    return phrases


def _regex(glob: str) -> re.Pattern[str]:
    """``glob`` as an expression for a whole route, and for everything below it."""
    parts: list[str] = []
    end = 0
    for match in _GLOB.finditer(glob):
        parts += [re.escape(glob[end : match.start()]), _piece(match)]
        end = match.end()
    return re.compile(f"(?:{''.join(parts)}{re.escape(glob[end:])})(?:/.*)?", re.DOTALL)


def _piece(match: re.Match[str]) -> str:
    """One wildcard of a glob as an expression."""
    if match["across"] is not None:
        return "(?:.*/)?" if match["across"].endswith("/") else ".*"
    if match["within"] is not None or match["one"] is not None:
        return "[^/]*" if match["one"] is None else "[^/]"
    members = re.sub(r"([\\\[\]^])", r"\\\1", match["set"])
    return f"(?!/)[{'^' if match['not'] else ''}{members}]"


@dataclass(frozen=True)
class Pattern:
    """One text of ``require_marks=``."""

    text: str
    _name: str = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Slashes around the text do not count."""
        object.__setattr__(self, "_name", self.text.strip("/"))

    @cached_property
    def _matcher(self) -> set[tuple[str, ...]] | re.Pattern[str]:
        return _phrases(self._name) if WORDS.fullmatch(self._name) else _regex(self._name)

    def matches(self, template: str) -> bool:
        """Whether the pattern selects the route ``template``."""
        path, matcher = template.strip("/"), self._matcher
        if isinstance(matcher, re.Pattern):
            return matcher.fullmatch(path) is not None
        return any(_has_phrase(words(part), matcher) for part in path.split("/"))


def _has_phrase(part: tuple[str, ...], phrases: Iterable[tuple[str, ...]]) -> bool:
    """Whether one of ``phrases`` stands among the words of a part of the route."""
    return any(
        part[start : start + len(phrase)] == phrase for phrase in phrases for start in range(len(part))
    )


class Preset:
    """Every word of one of the linter's presets: what a preset selects there by route or by file."""

    def __init__(self, name: str) -> None:
        """``name``: one of ``PRESETS``."""
        self._phrases: set[tuple[str, ...]] = set()
        for domain in (*DEFAULT_DOMAINS, *PRESETS[name]):
            self._phrases |= _phrases(domain)

    def matches(self, template: str, module: str = "") -> bool:
        """Whether a word stands in a part of the route ``template``, or of the dotted name ``module``."""
        parts = (*template.split("/"), *module.split("."))
        return any(_has_phrase(words(part), self._phrases) for part in parts)

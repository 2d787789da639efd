"""The first look at a file: which words its bytes show. Most files end here."""

from __future__ import annotations

import re
from collections.abc import Iterable

WORD = re.compile(rb"[A-Za-z_][A-Za-z0-9_]*")
"""A name, as Python source shows it (names that are not ASCII register nothing)."""

_PLAIN = re.compile(r"(?:\\b)?(\w+)(?:\\b)?")
_LITERAL = re.compile(rb"(?:\\[.])?([\w ]*?)(?:[\w ][?*{]|(?![\w ]))")
_GROUP = re.compile(rb"\([^()]*\)")


class Screen:
    """Whether a source shows any of some words or patterns.

    A source's words are a set, which others need too. A regular expression is asked only where the literal text that it
    starts with stands in the source: ``in`` runs at memory speed, and one expression of many alternatives would cost
    more than parsing.
    """

    def __init__(self, fragments: Iterable[str]) -> None:
        words: set[bytes] = set()
        patterns: set[bytes] = set()
        for fragment in fragments:
            plain = _PLAIN.fullmatch(fragment)
            if plain is not None:
                words.add(plain.group(1).encode())
            else:
                patterns.add(fragment.removeprefix(r"\b").encode())
        self._words = frozenset(words)
        self._patterns = tuple((_literal(pattern), re.compile(pattern)) for pattern in sorted(patterns))

    def search(self, source: bytes, words: frozenset[bytes]) -> bool:
        """True where a word is among the source's, or a pattern matches."""
        return not self._words.isdisjoint(words) or any(
            literal in source and pattern.search(source) is not None for literal, pattern in self._patterns
        )


def _literal(pattern: bytes) -> bytes:
    """What a pattern starts with, so that every match contains it; nothing where it may start in several ways."""
    found = _LITERAL.match(pattern)
    return found[1] if found is not None and b"|" not in _GROUP.sub(b"", pattern) else b""

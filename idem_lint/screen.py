"""The first look at a file: which words its bytes show. Most files end here."""

from __future__ import annotations

import re
from collections.abc import Iterable

_WORD = re.compile(r"(?:\\b)?(\w+)(?:\\b)?")
_WORD_BYTES = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")


class Screen:
    """Whether a source shows any of some words or patterns.

    Words are looked for with ``bytes.find``, patterns with one regular expression each that starts with a literal: both
    run at memory speed, where one expression of many alternatives would cost more than parsing.
    """

    def __init__(self, fragments: Iterable[str]) -> None:
        words: set[bytes] = set()
        patterns: set[bytes] = set()
        for fragment in fragments:
            plain = _WORD.fullmatch(fragment)
            if plain is not None:
                words.add(plain.group(1).encode())
            else:
                patterns.add(fragment.removeprefix(r"\b").encode())
        self._words = tuple(sorted(words, key=len))
        self._patterns = tuple(re.compile(pattern) for pattern in sorted(patterns))

    def search(self, source: bytes) -> bool:
        """True where a word stands in the source, or a pattern matches."""
        return any(has_word(source, word) for word in self._words) or any(
            pattern.search(source) is not None for pattern in self._patterns
        )


def has_word(source: bytes, word: bytes) -> bool:
    """Whether a whole word stands in the source."""
    at = source.find(word)
    while at >= 0:
        end = at + len(word)
        if source[at - 1 : at] not in _AROUND and source[end : end + 1] not in _AROUND:
            return True
        at = source.find(word, end)
    return False


_AROUND = frozenset(bytes([value]) for value in _WORD_BYTES)

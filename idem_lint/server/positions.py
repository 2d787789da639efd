"""Places as the protocol counts them: lines from 0, characters in UTF-8, UTF-16 or UTF-32 code units.

idem-lint counts lines from 1 and columns in characters. Both end a line at a line feed, a carriage return, or both
together, and nowhere else.
"""

from __future__ import annotations

import re
from difflib import SequenceMatcher

from idem_lint.server.messages import Encoding, Span, TextEdit
from idem_lint.source.noqa import source_lines

_WORD = re.compile(r"\w+")


def units(text: str, encoding: Encoding) -> int:
    """How long a text is."""
    if encoding == "utf-32":
        return len(text)
    if encoding == "utf-16":
        return len(text.encode("utf-16-le", "surrogatepass")) // 2
    return len(text.encode("utf-8", "surrogatepass"))


class Lines:
    """The lines of a text."""

    def __init__(self, text: str, encoding: Encoding) -> None:
        self._lines = [line.rstrip("\n") for line in source_lines(text)] or [""]
        self._encoding: Encoding = encoding

    def line(self, number: int) -> str:
        """A line (from 1) without its end; empty where there is none."""
        return self._lines[number - 1] if 0 < number <= len(self._lines) else ""

    def span(self, line: int, column: int, length: int | None = None) -> Span:
        """A place (from 1) with the word that stands there, or with ``length`` characters; to the end of the line where no
        word does.
        """
        text = self.line(line)
        start = min(max(column - 1, 0), len(text))
        if length is None:
            word = _WORD.match(text, start)
            end = word.end() if word is not None else len(text)
        else:
            end = min(start + length, len(text))
        number = min(line, len(self._lines)) - 1
        return Span(max(number, 0), self._units(text[:start]), max(number, 0), self._units(text[:end]))

    def column(self, line: int, character: int) -> int:
        """The column (from 1) of a character of the protocol in a line (from 1); the end of the line where it is shorter."""
        text = self.line(line)
        done = 0
        for column, letter in enumerate(text, start=1):
            done += self._units(letter)
            if done > character:
                return column
        return len(text) + 1

    def _units(self, text: str) -> int:
        return units(text, self._encoding)


def edits(before: str, after: str, encoding: Encoding) -> tuple[TextEdit, ...]:
    """What makes one text of another: whole lines, line ends as they are in ``after``."""
    old, new = _parted(before), _parted(after)
    changes: list[TextEdit] = []
    for kind, first, last, start, end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind != "equal":
            span = Span(*_start(old, first, encoding), *_start(old, last, encoding))
            changes.append(TextEdit(span, "".join(new[start:end])))
    return tuple(changes)


def _parted(text: str) -> list[str]:
    """The lines of a text with their ends."""
    return [line for line in re.split(r"(?<=\n)|(?<=\r)(?!\n)", text) if line]


def _start(lines: list[str], index: int, encoding: Encoding) -> tuple[int, int]:
    """Where a line begins; behind the last one, where the text ends."""
    if index < len(lines) or not lines or lines[-1].endswith(("\n", "\r")):
        return index, 0
    return index - 1, units(lines[-1], encoding)

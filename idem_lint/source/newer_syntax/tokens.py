"""Python's tokens, as far as rewriting newer syntax needs them, whatever the running interpreter can read.

The standard library's tokenizer knows the syntax of its own version only: for Python 3.11 an f-string with its own quotes
inside ends at the first of them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import NamedTuple

OPEN, CLOSED = "([{", {"(": ")", "[": "]", "{": "}"}
_FORMATTED = r"""(?:[fFtT][rR]?|[rR][fFtT])(?:\"{3}|'{3}|"|')"""
_PLAIN = (
    r"""(?:[bBrRuU]{0,2})(?:\"{3}(?:[^"\\]|\\.|"(?!""))*\"{3}|'{3}(?:[^'\\]|\\.|'(?!''))*'{3}"""
    r"""|"(?!"")(?:[^"\\\n]|\\.)*"|'(?!'')(?:[^'\\\n]|\\.)*')"""
)
TOKEN = re.compile(
    rf"""[ \t\f]*(?:(?P<formatted>{_FORMATTED})|(?P<string>{_PLAIN})|(?P<name>\w+)|(?P<newline>\n)"""
    r"""|(?P<skipped>\#[^\n]*|\\\n)|(?P<mark>[()\[\]{},:;*=])|(?P<operator>[-+/%&|^~<>!.@]+)|(?P<other>[^ \t\f]))""",
    re.DOTALL,
)
_TEXT = re.compile(r"[^\\{}\"'\n]+")
_NAMED_CHARACTER = re.compile(r"\\N\{[^{}\n]*\}")
_PREFIX = re.compile(r"[A-Za-z]*")
_UNTERMINATED = "unterminated string literal"


class NotTokens(Exception):
    """Brackets or strings that do not close: no version of Python reads that. ``position`` is where one stands."""

    def __init__(self, position: int, message: str) -> None:
        super().__init__(message)
        self.position = position
        self.message = message


class Token(NamedTuple):
    """``kind`` is the name of a group of the expression above; a ``newline`` ends a logical line."""

    kind: str
    text: str
    start: int
    end: int


class Field(NamedTuple):
    """A replacement field: ``{`` at ``start``, ``}`` before ``end``; the expression ends before ``=``, ``!`` or ``:``.

    ``equal`` is the place of the ``=`` that makes it document itself, or -1. ``tail`` is where the conversion begins;
    ``spec`` are the parts of the format specification.
    """

    start: int
    end: int
    equal: int
    tail: int
    spec: tuple[Part, ...]


class Text(NamedTuple):
    """Literal text between replacement fields."""

    start: int
    end: int


Part = Field | Text


class FormattedString(NamedTuple):
    """An f-string or t-string, between ``start`` and ``end``."""

    start: int
    end: int
    opening: str
    quote: str
    parts: tuple[Part, ...]


@dataclass(slots=True)
class Tokens:
    """A source's tokens, without comments and joined lines. ``closing`` maps the index of an opening bracket to that of
    its closing one; ``formatted`` holds the f-strings and t-strings by their start.
    """

    source: str
    items: list[Token] = field(default_factory=list[Token])
    closing: dict[int, int] = field(default_factory=dict[int, int])
    formatted: dict[int, FormattedString] = field(default_factory=dict[int, FormattedString])


def tokens_of(source: str) -> Tokens:
    """The tokens of a module or an expression. Raises NotTokens."""
    found = Tokens(source)
    items, opened = found.items, list[int]()
    position, length = 0, len(source)
    while position < length:
        match = TOKEN.match(source, position)
        if match is None:  # only blanks are left
            break
        position = match.end()
        kind = match.lastgroup or ""
        if kind == "skipped" or (kind == "newline" and opened):
            continue
        start = match.start(kind)
        if kind == "formatted":
            string = formatted_string(source, start, match[kind])
            found.formatted[start] = string
            position = string.end
        elif kind == "mark":
            _bracket(found, match[kind], start, opened)
        elif kind == "other" and match[kind] in "\"'":
            raise NotTokens(start, _UNTERMINATED)
        items.append(Token(kind, source[start:position], start, position))
    if opened:
        bracket = items[opened[-1]]
        raise NotTokens(bracket.start, f"'{bracket.text}' was never closed")
    return found


def _bracket(found: Tokens, text: str, start: int, opened: list[int]) -> None:
    """Note what an opening bracket is closed by; the token itself is not among the items yet."""
    if text in OPEN:
        opened.append(len(found.items))
    elif text in ")]}":
        if not opened or CLOSED[found.items[opened[-1]].text] != text:
            raise NotTokens(start, f"unmatched '{text}'")
        found.closing[opened.pop()] = len(found.items)


# f-strings and t-strings, as PEP 701 has them


def formatted_string(source: str, start: int, opening: str) -> FormattedString:
    """The f-string or t-string that ``opening`` (prefix and quotes) begins. Raises NotTokens where it has no end."""
    prefix = _PREFIX.match(opening)
    quote = opening[prefix.end() if prefix is not None else 0 :]
    is_raw = "r" in opening.lower()
    parts: list[Part] = []
    position = begin = start + len(opening)
    while not source.startswith(quote, position):
        if source.startswith("{", position) and not source.startswith("{{", position):
            if begin < position:
                parts.append(Text(begin, position))
            field_ = _field(source, position, quote)
            parts.append(field_)
            position = begin = field_.end
        else:
            position = _after_text(source, start, position, quote, is_raw=is_raw)
    if begin < position:
        parts.append(Text(begin, position))
    return FormattedString(start, position + len(quote), opening, quote, tuple(parts))


def _after_text(source: str, start: int, position: int, quote: str, *, is_raw: bool) -> int:
    """The end of a piece of literal text in the string that begins at ``start``."""
    plain = _TEXT.match(source, position)
    if plain is not None:
        return plain.end()
    if position >= len(source) or (source[position] == "\n" and len(quote) == 1):
        raise NotTokens(start, _UNTERMINATED)
    if source[position] == "\\":
        named = None if is_raw else _NAMED_CHARACTER.match(source, position)
        if named is not None:
            return named.end()
        return position + (1 if source.startswith(("{", "}"), position + 1) else 2)
    return position + (2 if source[position] in "{}" else 1)


def _field(source: str, start: int, quote: str) -> Field:
    """The replacement field whose brace stands at ``start``."""
    position, depth = start + 1, 0
    while True:
        match = TOKEN.match(source, position)
        if match is None:
            raise NotTokens(start, _UNTERMINATED)
        kind = match.lastgroup or ""
        here, text = match.start(kind), match[kind]
        position = match.end()
        if kind == "formatted":
            position = formatted_string(source, here, text).end
        elif kind == "mark":
            if depth == 0 and text in "}:":
                return _tail(source, start, here, quote)
            depth += (text in OPEN) - (text in ")]}")
        elif kind == "operator" and depth == 0 and "!" in text:
            bang = here + text.index("!")
            if not source.startswith("!=", bang):
                return _tail(source, start, bang, quote)
        elif kind == "other" and text in "\"'":
            raise NotTokens(here, _UNTERMINATED)


_EQUAL = re.compile(r"(?<![=!<>:])=(?=\s*\Z)")


def _tail(source: str, start: int, tail: int, quote: str) -> Field:
    """The rest of a field: its ``=`` looked for backwards, its conversion and format specification read."""
    equal = _EQUAL.search(source, start + 1, tail)
    position = tail
    if source[position] == "!":
        while source[position : position + 1] not in {"", ":", "}"}:
            position += 1
    spec: tuple[Part, ...] = ()
    if source.startswith(":", position):
        spec, position = _specification(source, position + 1, quote)
    if not source.startswith("}", position):
        raise NotTokens(start, _UNTERMINATED)
    return Field(start, position + 1, equal.start() if equal is not None else -1, tail, spec)


def _specification(source: str, begin: int, quote: str) -> tuple[tuple[Part, ...], int]:
    """The parts of a format specification, and the place of the brace that ends it."""
    parts: list[Part] = []
    position = begin
    while not source.startswith("}", position):
        if position >= len(source) or source.startswith(quote, position):
            raise NotTokens(begin, _UNTERMINATED)
        if source[position] == "{":
            if begin < position:
                parts.append(Text(begin, position))
            field_ = _field(source, position, quote)
            parts.append(field_)
            position = begin = field_.end
        else:
            position += 1
    if begin < position:
        parts.append(Text(begin, position))
    return tuple(parts), position

"""f-strings and t-strings in the syntax of the running interpreter (PEP 701, PEP 750).

An f-string may be a route, so it stays one where the interpreter reads it, with other quotes inside if that is all it
needs. Else its texts and expressions are joined, in their order and on their lines.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import TypeAlias

from idem_lint.source.newer_syntax.tokens import Field, FormattedString, Part, Token, Tokens, tokens_of

Reads: TypeAlias = Callable[[str], bool]
Rewrite: TypeAlias = Callable[[str], str]

_BLANK_IN_CONVERSION = re.compile(r"!\s|!\w+\s")


class Strings:
    """Rewrites the strings of one source. ``reads`` says which f-strings the interpreter can read, ``rewrite`` rewrites
    an expression inside of one.
    """

    def __init__(self, tokens: Tokens, reads: Reads, rewrite: Rewrite) -> None:
        self._tokens = tokens
        self._source = tokens.source
        self._reads = reads
        self._rewrite = rewrite

    def row(self, strings: Sequence[Token]) -> str:
        """Strings that stand in a row, and so are one, with what stands between them."""
        start, end = strings[0].start, strings[-1].end
        written = [self._string(token) for token in strings]
        gaps = [self._source[a.end : b.start] for a, b in pairwise(strings)]
        whole = "".join(map(str.__add__, written, [*gaps, ""]))
        if whole == self._source[start:end] and not any(map(self._is_doubtful, strings)):
            return whole
        if self._reads(whole):
            return whole
        pieces = (self._elements(token, text) for token, text in zip(strings, written, strict=True))
        joined = map(str.__add__, map("".join, pieces), [*gaps, ""])
        return f'("".join(({"".join(joined)})))'

    def _is_doubtful(self, token: Token) -> bool:
        """Whether an older interpreter may refuse an f-string."""
        string = self._tokens.formatted.get(token.start)
        if string is None:
            return False
        inside = {*"\\#\n", string.quote[0]}
        fields = (part for part in string.parts if isinstance(part, Field))
        return any(
            not inside.isdisjoint(self._source[part.start : part.end])
            or _BLANK_IN_CONVERSION.match(self._source, part.tail)
            or any(isinstance(nested, Field) and nested.spec for nested in part.spec)
            for part in fields
        )

    def _string(self, token: Token) -> str:
        """One string: an f-string for a t-string, and with other quotes inside where that makes it readable."""
        string = self._tokens.formatted.get(token.start)
        if string is None:
            return token.text
        written = self.written(string, self._rewrite)
        if written == token.text and not self._is_doubtful(token):
            return written
        if self._reads(written):
            return written
        other = "'" if string.quote[0] == '"' else '"'
        requoted = self.written(string, lambda code: _requoted(self._rewrite(code), other))
        return requoted if self._reads(requoted) else written

    def written(self, string: FormattedString, rewrite: Rewrite) -> str:
        """The string as an f-string, each expression in it rewritten."""
        opening = string.opening.translate({ord("t"): "f", ord("T"): "F"})
        return f"{opening}{self._parts(string.parts, rewrite)}{string.quote}"

    def _parts(self, parts: Sequence[Part], rewrite: Rewrite) -> str:
        return "".join(
            self._field(part, rewrite) if isinstance(part, Field) else self._source[part.start : part.end]
            for part in parts
        )

    def _field(self, field: Field, rewrite: Rewrite) -> str:
        end = field.equal if field.equal >= 0 else field.tail
        code = self._source[field.start + 1 : end]
        rest = field.spec[0].start if field.spec else field.end
        spec = f"{self._parts(field.spec, rewrite)}}}" if field.spec else ""
        return f"{{{rewrite(code)}{self._source[end:rest]}{spec}"

    # taken apart

    def _elements(self, token: Token, written: str) -> Iterator[str]:
        """The pieces of a string as elements of a tuple."""
        string = self._tokens.formatted.get(token.start)
        if string is None:
            yield f"{token.text},"
            return
        again = tokens_of(written)
        inner = Strings(again, self._reads, self._rewrite)
        yield from inner.pieces(again.formatted[0])

    def pieces(self, string: FormattedString) -> Iterator[str]:
        """Every text as an f-string of its own, every expression in parentheses."""
        for part in string.parts:
            if isinstance(part, Field):
                yield from self._expressions(part)
                continue
            text = self._source[part.start : part.end]
            backslashes = len(text) - len(text.rstrip("\\"))
            if backslashes % 2:  # it stood before "{" and would now escape the closing quote
                text = text[:-1]
            yield f"{string.opening}{text}{string.quote},"

    def _expressions(self, field: Field) -> Iterator[str]:
        """The expression of a field and those of its format specification; of the rest, the newlines."""
        code = self._source[field.start + 1 : field.tail]
        if field.equal >= 0:
            at = field.equal - field.start - 1
            code = code[:at] + code[at + 1 :]
        yield f"({code}),"
        for part in field.spec:
            if isinstance(part, Field):
                yield from self._expressions(part)
            else:
                yield "\n" * self._source.count("\n", part.start, part.end)


def _requoted(code: str, other: str) -> str:
    """Plain strings in the quotes that the f-string around them does not use."""
    tokens = tokens_of(code)
    pieces: list[str] = []
    position = 0
    for token in tokens.items:
        text = token.text
        if token.kind == "string":
            text = _in_quotes(text, other)
        elif token.kind == "formatted":
            nested = Strings(tokens, lambda _: True, lambda inner: _requoted(inner, other))
            text = nested.written(tokens.formatted[token.start], lambda inner: _requoted(inner, other))
        pieces += [code[position : token.start], text]
        position = token.end
    return "".join([*pieces, code[position:]])


def _in_quotes(text: str, other: str) -> str:
    start = next(index for index, letter in enumerate(text) if letter in "\"'")
    prefix, quoted = text[:start], text[start:]
    width = 3 if quoted[:3] in ('"""', "'''") else 1
    inside = quoted[width:-width]
    return text if set(inside) & set("'\"\\\n") else f"{prefix}{other}{inside}{other}"

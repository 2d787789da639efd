"""Syntax newer than Python 3.11, rewritten at its tokens, so that every line keeps its number.

The same forms as in :mod:`idem_lint.source.newer_syntax.forms`, which rewrites them in LibCST's tree, in a hundredth of
the time.
"""

from __future__ import annotations

import ast
import keyword
import warnings
from collections.abc import Callable, Iterator
from typing import NamedTuple

from idem_lint.source.newer_syntax.strings import Reads, Strings
from idem_lint.source.newer_syntax.tokens import OPEN, Token, Tokens, tokens_of


class Edit(NamedTuple):
    """``text`` in place of what stands between ``start`` and ``end``."""

    start: int
    end: int
    text: str


def interpreter_reads(expression: str) -> bool:
    """Whether the running interpreter can parse ``expression``."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(f"({expression})")
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return False
    return True


def rewrite(source: str, *, reads: Reads = interpreter_reads) -> str:
    """``source`` (with line feeds only) in the syntax of Python 3.11; ``reads`` says which f-strings may stay as they are.

    Raises NotTokens where brackets or strings do not close, RecursionError where f-strings nest too deeply.
    """
    tokens = tokens_of(source)
    return _edited(source, _edits(tokens, reads))


def _edited(source: str, edits: Iterator[Edit]) -> str:
    pieces: list[str] = []
    position = 0
    for edit in sorted(edits):
        if edit.start < position:
            continue  # inside of what is left out
        pieces += [source[position : edit.start], edit.text]
        position = edit.end
    return "".join([*pieces, source[position:]])


def _edits(tokens: Tokens, reads: Reads) -> Iterator[Edit]:
    items = tokens.items
    strings = Strings(tokens, reads, lambda code: rewrite(code, reads=reads) if _may_be_newer(code) else code)
    starts, depth_end, row_end = True, 0, 0
    for index, token in enumerate(items):
        if token.kind in {"string", "formatted"}:
            if index >= row_end:
                row_end = _end_of_row(items, index)
                yield from _row(tokens, strings, index, row_end)
        elif token.kind == "name":
            form = _FORMS.get(token.text)
            if form is not None and (starts or token.text in {"def", "class"}):
                yield from form(tokens, index)
        elif token.text in OPEN and items[index + 1].text == "*":
            yield from _unpacking(tokens, index)
        if index >= depth_end:
            starts = token.kind == "newline" or token.text in {";", ":"}
            if token.kind == "mark" and token.text in OPEN:
                depth_end = tokens.closing[index]
        else:
            starts = False


def _may_be_newer(code: str) -> bool:
    """Whether an expression inside an f-string may hold something to rewrite: a string or a star."""
    return not {"'", '"', "*"}.isdisjoint(code)


def _end_of_row(items: list[Token], index: int) -> int:
    while index < len(items) and items[index].kind in {"string", "formatted"}:
        index += 1
    return index


def _row(tokens: Tokens, strings: Strings, start: int, end: int) -> Iterator[Edit]:
    row = tokens.items[start:end]
    if any(token.kind == "formatted" for token in row):
        written = strings.row(row)
        if written != tokens.source[row[0].start : row[-1].end]:
            yield Edit(row[0].start, row[-1].end, written)


def _outside_brackets(tokens: Tokens, index: int, end: int) -> Iterator[int]:
    """The indices from ``index`` to ``end``, brackets passed over whole."""
    while index < end:
        yield index
        index = tokens.closing.get(index, index) + 1


# PEP 758: except A, B:


def _caught(tokens: Tokens, index: int) -> Iterator[Edit]:
    items = tokens.items
    first = index + 1
    if first < len(items) and items[first].text == "*":
        first += 1
    several = False
    for place in _outside_brackets(tokens, first, len(items)):
        text = items[place].text
        if text == ":" and several:
            yield Edit(items[first].start, items[first].start, "(")
            yield Edit(items[place - 1].end, items[place - 1].end, ")")
        if text in {":", "as"} or items[place].kind == "newline":
            return
        several = several or text == ","


# PEP 695 and 696: type parameters and aliases


def _without_type_parameters(tokens: Tokens, index: int) -> Iterator[Edit]:
    items = tokens.items
    bracket = index + 2
    if bracket in tokens.closing and items[bracket].text == "[":
        start, end = items[bracket].start, items[tokens.closing[bracket]].end
        yield Edit(start, end, "\\\n" * tokens.source.count("\n", start, end))


def _type_alias(tokens: Tokens, index: int) -> Iterator[Edit]:
    """``type X[T] = value`` becomes ``X = value``: the name stays bound."""
    items = tokens.items
    name, equal = index + 1, index + 2
    if equal >= len(items) or items[name].kind != "name" or keyword.iskeyword(items[name].text):
        return
    if items[equal].text == "[":
        equal = tokens.closing[equal] + 1
    if equal + 1 < len(items) and items[equal].text == "=":
        start, end = items[index].start, items[equal + 1].start
        lines = "\\\n" * tokens.source.count("\n", start, end)
        yield Edit(start, end, f"{items[name].text} {lines}= ")


# PEP 798: unpacking in comprehensions; PEP 810: lazy imports


def _unpacking(tokens: Tokens, index: int) -> Iterator[Edit]:
    """``[*a for a in b]`` becomes ``[(a) for a in b]``, ``{**a for a in b}`` becomes ``{(a) for a in b}``."""
    items = tokens.items
    close, star = tokens.closing[index], index + 1
    last = star + 1 if items[star + 1].text == "*" else star
    for place in _outside_brackets(tokens, last + 1, close):
        if items[place].text == ",":
            return
        if items[place].text == "for":
            end = items[place - (2 if items[place - 1].text == "async" else 1)].end
            yield Edit(items[star].start, items[last].end, "(")
            yield Edit(end, end, ")")
            return


def _lazy_import(tokens: Tokens, index: int) -> Iterator[Edit]:
    lazy, word = (
        tokens.items[index : index + 2] if index + 1 < len(tokens.items) else [tokens.items[index]] * 2
    )
    if word.text in {"import", "from"}:
        yield Edit(lazy.start, word.end, word.text + tokens.source[lazy.end : word.start])


_FORMS: dict[str, Callable[[Tokens, int], Iterator[Edit]]] = {
    "except": _caught,
    "def": _without_type_parameters,
    "class": _without_type_parameters,
    "type": _type_alias,
    "lazy": _lazy_import,
}

"""The ``# noqa`` comments of a file that name rules of ours, as comments: what stands in a string is none."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from idem_lint.source.noqa import LINE, source_lines

_OURS = re.compile(r"IDM[0-9]+", re.IGNORECASE)
_REASON = re.compile(r"[\s,]*(?:--|[-:]|\N{EN DASH}|\N{EM DASH})\s*[^\s-]")


class Suppression(NamedTuple):
    """A comment: where its directive begins (1-based), as it is written up to the end of the line, our codes in it, and
    whether a reason stands behind them (``# noqa: IDM001 -- why``).
    """

    line: int
    column: int
    written: str
    codes: tuple[str, ...]
    has_reason: bool


def suppressions(source: str) -> Iterator[Suppression]:
    """The comments of a source; none where ``tokenize`` cannot read it."""
    if "noqa" not in source.lower():
        return
    import tokenize
    import warnings

    lines = iter(source_lines(source))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # they are about the code that is judged
            for token in tokenize.generate_tokens(lambda: next(lines)):
                if token.type == tokenize.COMMENT:
                    yield from _in_comment(token)
    except (tokenize.TokenError, SyntaxError, SystemError):
        return


def _in_comment(token: tokenize.TokenInfo) -> Iterator[Suppression]:
    match = LINE.search(token.string)
    codes = tuple(_OURS.findall(match["codes"] or "")) if match is not None else ()
    if match is not None and codes:
        line, column = token.start
        has_reason = _REASON.match(token.string, match.end()) is not None
        yield Suppression(line, column + match.start() + 1, token.string[match.start() :], codes, has_reason)


TYPE_CHECKING = False
if TYPE_CHECKING:
    import tokenize

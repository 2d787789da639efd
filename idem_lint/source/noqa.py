"""Which ``# noqa`` comment suppresses what: flake8's own answer, without flake8.

flake8 searches one text per finding: the physical lines from the finding's line that no line end of the token stream
parts. So a multi-line string or a backslash joins lines, and a bracket does not: in a signature of several lines
only the line of ``def`` is searched. The first comment in that text alone decides. Where Python's ``tokenize``
cannot read the file, the text is the physical line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from idem_lint.result_types import Place, Site

LINE = re.compile(r"# noqa(?::\s?(?P<codes>(?:[A-Z]+[0-9]+[,\s]*)+))?", re.IGNORECASE)
_FILE = re.compile(r"\s*(?P<comment># flake8[:=]\s*noqa)", re.IGNORECASE)
_DEFINITION = re.compile(r"\s*(?:@|(?:async\s+)?(?:def|class)\s)")
_SEPARATOR = re.compile(r"[,\s]")


def source_lines(source: str) -> list[str]:
    """The physical lines as Python counts them: a form feed ends none, a lone carriage return does."""
    text = source.replace("\r\n", "\n").replace("\r", "\n").removeprefix("\ufeff")
    lines = [line + "\n" for line in text.split("\n")]
    lines[-1] = lines[-1][:-1]
    return lines if lines[-1] else lines[:-1]


def _silences(match: re.Match[str], code: str) -> bool:
    codes = match["codes"]
    if codes is None:
        return True
    return code.startswith(tuple(filter(None, _SEPARATOR.split(codes))))


def _spans(lines: list[str]) -> dict[int, tuple[int, int, int]]:
    """Line -> first and last line of the text flake8 searches for it, and the last line of its statement.

    Empty where ``tokenize`` cannot read the file.
    """
    import tokenize
    import warnings

    found: dict[int, tuple[int, int, int]] = {}
    texts: list[tuple[int, int]] = []
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # they are about the code that is judged
            for first, last, ends in _texts(lines):
                texts.append((first, last))
                if ends:
                    found |= {line: (a, b, last) for a, b in texts for line in range(a, b + 1)}
                    texts = []
    except (tokenize.TokenError, SyntaxError, SystemError):  # SystemError: CPython 3.13.0 on a null byte
        return {}
    return found | {line: (a, b, b) for a, b in texts for line in range(a, b + 1)}


def _span_of_definition(lines: list[str], line: int) -> tuple[int, int, int] | None:
    """As :func:`_spans` has it for a line on which a ``def``, a ``class`` or a decorator begins, from its own tokens
    alone: to tokenize whole files would take as long as to judge them. None where it has to be asked of the whole file: of
    joined lines, too, because flake8 joins none in a file that cannot be tokenized.
    """
    if (
        line > len(lines)
        or not _DEFINITION.match(lines[line - 1])
        or (line > 1 and lines[line - 2].endswith("\\\n"))
    ):
        return None
    import tokenize

    texts = _texts(lines[line - 1 :])
    try:
        first = next(texts)
        last = first if first[2] else next(text for text in texts if text[2])
    except (tokenize.TokenError, SyntaxError, SystemError, StopIteration):
        return None
    return (line, line, line + last[1] - 1) if first[1] == 1 else None


def _texts(lines: list[str]) -> Iterator[tuple[int, int, bool]]:
    """First and last line of each text between two line ends, and whether a statement ends there."""
    from tokenize import DEDENT, ENDMARKER, NEWLINE, NL, generate_tokens

    first = last = 0
    feed = iter(lines)
    for token in generate_tokens(lambda: next(feed)):
        if token.type in (ENDMARKER, DEDENT):
            continue
        first = min(first or token.start[0], token.start[0])
        last = max(last, token.end[0])
        if token.type in (NL, NEWLINE):
            yield first, last, token.type == NEWLINE
            first = last = 0


class Suppressions:
    """The ``noqa`` comments of one file. ``file`` is the name that places carry.

    Cheap where the source has no "noqa"; tokenized on the first question otherwise.
    """

    __slots__ = ("_definitions", "_file", "_lines", "_mapping", "_whole")

    def __init__(self, source: str, file: str = "") -> None:
        self._file = file
        self._lines = source_lines(source) if "noqa" in source.lower() else []
        self._mapping: dict[int, tuple[int, int, int]] | None = None
        self._definitions: dict[int, tuple[int, int, int] | None] = {}
        self._whole: tuple[int, re.Match[str] | None] | None = None

    def covers(self, line: int, code: str) -> str | None:
        """The comment that suppresses ``code`` reported at ``line`` (1-based), as written; None where none does."""
        site = self.covering(line, code)
        return None if site is None else site.what

    def covering(self, line: int, code: str) -> Site | None:
        """As :meth:`covers`, with where the comment stands."""
        whole = self.whole_file(code)
        if whole is not None:
            return whole
        found = self._decisive(line)
        return self._site(*found) if found is not None and _silences(found[1], code) else None

    def blanket(self, line: int) -> Site | None:
        """The comment at ``line`` that suppresses every code: ``# noqa``, or what flake8 reads as one.

        That is ``# noqa: words``, ``# noqa : IDM001`` (a space before the colon), ``# noqa:  IDM001`` (two after it),
        ``# noqa: IDM`` (no digits).
        """
        found = self._decisive(line)
        return self._site(*found) if found is not None and found[1]["codes"] is None else None

    def whole_file(self, code: str) -> Site | None:  # noqa: ARG002 - asked per code, as covers() is; flake8 ignores it
        """The ``# flake8: noqa`` line that takes ``code`` out of the whole file.

        flake8 leaves out the file for every code, also where codes follow (``# flake8: noqa: E501``).
        """
        if self._whole is None:
            matches = ((number, _FILE.match(line)) for number, line in enumerate(self._lines, 1))
            self._whole = next((found for found in matches if found[1] is not None), (0, None))
        number, match = self._whole
        return None if match is None else self._site(number, match, "comment")

    def misplaced(self, def_line: int, first_decorator_line: int, code: str) -> int | None:
        """The line of a comment for ``code`` that stands where flake8 does not look for the handler's findings.

        Searched from the first decorator to the end of the signature; None where there is none, or where ``code``
        is suppressed anyway. The comment belongs on ``def_line``; the answer is ``def_line`` itself where another
        ``noqa`` stands before it: flake8 reads the first of a line.
        """
        if not self._lines or self.covers(def_line, code) is not None:
            return None
        end = self._span(def_line)[2]
        for number in range(first_decorator_line, min(end, len(self._lines)) + 1):
            for match in LINE.finditer(self._lines[number - 1]):
                if _silences(match, code):
                    return number
        return None

    def _span(self, line: int) -> tuple[int, int, int]:
        if line not in self._definitions:
            self._definitions[line] = _span_of_definition(self._lines, line)
        found = self._definitions[line]
        if found is not None:
            return found
        if self._mapping is None:
            self._mapping = _spans(self._lines)
        return self._mapping.get(line, (line, line, line))

    def _decisive(self, line: int) -> tuple[int, re.Match[str]] | None:
        """The first comment in the text flake8 searches for ``line``, and the line it stands on."""
        if not self._lines:
            return None
        first, last, _ = self._span(line)
        text = "".join(self._lines[first - 1 : last])
        match = LINE.search(text)
        return None if match is None else (first + text.count("\n", 0, match.start()), match)

    def _site(self, line: int, match: re.Match[str], group: str = "") -> Site:
        start = match.start(group or 0)
        begin = match.string.rfind("\n", 0, start) + 1
        end = match.string.find("\n", start)
        written = match.string[start : end if end >= 0 else None].rstrip()
        return Site(Place(self._file, line, start - begin + 1), written)

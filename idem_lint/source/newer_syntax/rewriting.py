"""Read files whose syntax is newer than the running interpreter: they are rewritten, and no line moves.

Tokens are enough for that. LibCST is asked only where what they became still cannot be read: it needs a hundred times as
long, and importing it alone costs more than linting most projects' single files.
"""

from __future__ import annotations

import ast
import re
import sys
import warnings
from typing import TYPE_CHECKING

from idem_lint.source.newer_syntax import token_forms
from idem_lint.source.newer_syntax.tokens import NotTokens

if TYPE_CHECKING:
    from collections.abc import Iterator

_STRING = (
    r"""(?:[A-Za-z]{0,2})(?:\"{3}(?:[^"\\]|\\.|"(?!""))*\"{3}|'{3}(?:[^'\\]|\\.|'(?!''))*'{3}"""
    r"""|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')"""
)
_TOKEN = re.compile(rf"(?P<string>{_STRING})|\#[^\n]*|\\\n|\n|\w+|[^\w\s]", re.DOTALL)
_FORMATTED = re.compile(r"[rR]?[fFtT]")
_PLACE = re.compile(r"parser error: error at (\d+):(\d+)")
_ABOUT_TOKENS = re.compile(
    "never closed|unterminated|unmatched|does not match|EOF|null byte|surrogate|nests too deeply"
)
_NEWLINE = re.compile(r"\r\n?")
_INDENT_RESET = re.compile(r"^[ \t\f]*\f", re.MULTILINE)

# LibCST's native parser recurses once for each level and needs quadratic time in a chain: past these it would overflow
# the C stack, which no ``except`` sees. CPython itself refuses more than 200 open brackets.
_MAX_BRACKETS = 200
_MAX_CHAIN = 3_000
_MAX_ELIFS = 1_000
_BRACKET_WEIGHT = 3
_RECURSION_LIMIT = 20_000


class CannotParse(Exception):
    """A file that cannot be read, as it is or rewritten. ``line`` and ``column`` are 1-based."""

    def __init__(self, line: int, column: int, message: str) -> None:
        super().__init__(f"line {line}, column {column}: {message}")
        self.line = line
        self.column = column
        self.message = message


def rescue(source: str) -> str:
    """Rewrite ``source`` so that ``ast.parse`` reads it; every line keeps its number, every ``def`` and ``class`` its place.

    Newer forms lose what only the type checker or the formatter reads: type parameters, format specifications. Line
    endings become line feeds. Source that the interpreter reads already comes back as it is.

    Raises:
        CannotParse: no rewriting makes it readable.
    """
    tree = _parsed(source)
    return rescued(source, tree)[0] if isinstance(tree, CannotParse) else source


def rescued(source: str, refusal: CannotParse) -> tuple[str, ast.Module]:
    """``source``, which the interpreter refuses, as :func:`rescue` rewrites it, and its tree. Raises CannotParse."""
    plain = _NEWLINE.sub("\n", source.removeprefix("\ufeff"))
    try:
        rewritten = token_forms.rewrite(plain)
    except NotTokens as error:
        raise _better(refusal, error, plain) from None
    except RecursionError:
        raise refusal from None
    if rewritten == source:
        raise refusal
    tree = _parsed(rewritten)
    if isinstance(tree, ast.Module):
        return rewritten, tree
    return _by_libcst(source, tree)


def _better(refusal: CannotParse, error: NotTokens, source: str) -> CannotParse:
    """The place of a bracket or string that does not close, unless the interpreter names one: it may have stopped before,
    at newer syntax.
    """
    if _ABOUT_TOKENS.search(refusal.message):
        return refusal
    start = source.rfind("\n", 0, error.position) + 1
    return CannotParse(source.count("\n", 0, start) + 1, error.position - start + 1, error.message)


def _by_libcst(source: str, refusal: CannotParse) -> tuple[str, ast.Module]:
    """What the tokens do not show: a form that is only LibCST's, or an error beside newer syntax."""
    plain = _plain(source)
    if nests_too_deeply(plain):
        raise CannotParse(
            refusal.line, refusal.column, f"{refusal.message} (and the file nests too deeply to rewrite)"
        )
    rewritten = _rewritten(_without_template_prefixes(plain), refusal)
    if rewritten.count("\n") != plain.count("\n"):  # LibCST drops a line that is only a backslash
        raise refusal
    tree = _parsed(rewritten)
    if isinstance(tree, CannotParse):
        raise tree
    return rewritten, tree


def _parsed(source: str) -> ast.Module | CannotParse:
    """The tree of ``source``, or why the interpreter cannot read it."""
    if "\0" in source:
        return CannotParse(source.count("\n", 0, source.index("\0")) + 1, 1, "a null byte is not text")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore"
            )  # an invalid escape is a warning to whoever compiles the file, not to us
            return ast.parse(source)
    except SyntaxError as error:
        return CannotParse(error.lineno or 1, error.offset or 1, error.msg)
    except UnicodeEncodeError as error:
        line = source.count("\n", 0, error.start) + 1
        return CannotParse(
            line, error.start - source.rfind("\n", 0, error.start), "a lone surrogate is not text"
        )
    except (RecursionError, MemoryError):
        return CannotParse(1, 1, "the code nests too deeply to parse")


def _plain(source: str) -> str:
    """``source`` without what LibCST loses or cannot take: BOM, carriage returns, form feeds."""
    source = _NEWLINE.sub("\n", source.removeprefix("\ufeff"))
    return _INDENT_RESET.sub("", source).replace("\f", " ")


def nests_too_deeply(source: str) -> bool:
    """Whether some expression may nest deeper than LibCST's native parser can bear; never too small an estimate."""
    loads = [0]
    total = elifs = 0
    for token in _tokens(source):
        before = loads[-1]
        if token in "([{":
            loads[-1] += _BRACKET_WEIGHT
            loads.append(0)
            total += _BRACKET_WEIGHT
        elif token in ")]}":
            total -= loads.pop() if len(loads) > 1 else 0
        elif token == "," or (token == "\n" and len(loads) == 1):
            loads[-1] = 0
            total -= before
        else:
            loads[-1] += 1
            total += 1
            elifs += token == "elif"
        if len(loads) > _MAX_BRACKETS or total > _MAX_CHAIN or elifs > _MAX_ELIFS:
            return True
    return False


def _tokens(source: str) -> Iterator[str]:
    """Tokens that can nest, roughly: a formatted string counts as what is between its quotes."""
    for match in _TOKEN.finditer(source):
        token = match.group()
        if match["string"] and _FORMATTED.match(token):
            yield from re.findall(r"\w+|[^\w\s]", token)
        elif token[0] != "#":
            yield token


def _without_template_prefixes(source: str) -> str:
    """t-strings as f-strings, column for column: LibCST reads ``t`` and ``rt``, but not ``tr`` nor two in a row."""
    return _TOKEN.sub(_as_format_string, source)


def _as_format_string(match: re.Match[str]) -> str:
    token = match.group()
    if not match["string"] or token[0] in "\"'":
        return token
    prefix = re.match(r"[A-Za-z]+", token)
    assert prefix is not None  # a string token that does not begin with its quote begins with its prefix
    letters = prefix.group()
    return letters.translate({ord("t"): "f", ord("T"): "F"}) + token[len(letters) :]


def _rewritten(source: str, refusal: CannotParse) -> str:
    """``source`` after LibCST's rewriting; whatever LibCST raises, the caller sees ``CannotParse``."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, _RECURSION_LIMIT))
    try:
        from idem_lint.source.newer_syntax.forms import rewrite

        return rewrite(source)
    except ImportError:
        message = f"{refusal.message}; newer Python is read with LibCST: pip install 'idem-guard[lint]'"
        raise CannotParse(refusal.line, refusal.column, message) from None
    except Exception as error:
        raise _closest(source, refusal, str(error)) from error
    finally:
        sys.setrecursionlimit(limit)


def _closest(source: str, refusal: CannotParse, message: str) -> CannotParse:
    """The better of two places: the interpreter may have stopped at newer syntax, before the real error."""
    place = _PLACE.search(message)
    if place is None or "never closed" in refusal.message:
        return refusal
    line, column = _last_token(source, int(place[1]), int(place[2]))
    return refusal if line <= refusal.line else CannotParse(line, column, "invalid syntax")


def _last_token(source: str, line: int, column: int) -> tuple[int, int]:
    """LibCST names the place of the token after the one it could not use: this goes back one token."""
    lines = source.split("\n")[:line]
    lines[-1] = lines[-1][:column]
    while len(lines) > 1 and not lines[-1].split("#")[0].strip():
        lines.pop()
    return len(lines), max(1, len(lines[-1].split("#")[0].rstrip()))

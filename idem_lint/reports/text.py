"""The report for people: where, what, the source line, and a caret under the name."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from idem_lint.reports.report_rows import View, statistics
from idem_lint.reports.summary import summary
from idem_lint.result_types import Finding
from idem_lint.run_results import CheckResult

_BOLD, _RED, _YELLOW, _CYAN, _OFF = "\x1b[1m", "\x1b[31m", "\x1b[33m", "\x1b[36m", "\x1b[0m"
_WIDTH = 120
"""How much of a source line is shown, in characters."""


def render(result: CheckResult, view: View) -> Iterator[str]:
    """Findings in the form ``path:line:column: CODE message``, then a summary line."""
    paint = _paint if view.colour else _plain
    for finding in result.findings:
        colour = _RED if view.rule(finding.code).severity == "error" else _YELLOW
        where = paint(f"{printable(finding.file)}:{finding.line}:{finding.column}:", _BOLD)
        yield f"{where} {paint(finding.code, colour)} {printable(finding.message)}"
        yield from _excerpt(finding, result, paint)
        note = result.notes.get(finding)
        if note is not None:
            yield f"    note: {printable(note)}"
    if view.statistics:
        yield from _statistics(result, view)
    yield from summary(result)


def _paint(text: str, colour: str) -> str:
    return f"{colour}{text}{_OFF}"


def _plain(text: str, _colour: str) -> str:
    return text


def printable(text: str) -> str:
    """``text`` without control characters: what is linted must not be able to steer the terminal."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c == "\t" else c.encode("unicode_escape").decode() for c in text)


def _excerpt(finding: Finding, result: CheckResult, paint: Callable[[str, str], str]) -> Iterator[str]:
    source = result.excerpts.get((finding.file, finding.line))
    if source is None:
        return
    indent = len(source) - len(source.lstrip())
    at = max(finding.column - 1 - indent, 0)
    start = 0 if at < _WIDTH else at - _WIDTH // 2
    cut = "…" if start else ""
    shown = source[indent + start :].rstrip()
    before = cut + source[indent + start : indent + at]
    yield f"    {cut}{printable(shown[:_WIDTH])}{'…' if len(shown) > _WIDTH else ''}"
    yield f"    {_padding(printable(before))}{paint('^', _CYAN)}"


def _padding(before: str) -> str:
    """White space as wide as ``before`` on a terminal, so that the caret stands under the next character."""
    if before.isascii():
        return "".join(c if c == "\t" else " " for c in before)
    from unicodedata import combining, east_asian_width

    return "".join(
        "" if combining(c) else "\t" if c == "\t" else "  " if east_asian_width(c) in "WF" else " "
        for c in before
    )


def _statistics(result: CheckResult, view: View) -> Iterator[str]:
    for code, count in statistics(result):
        yield f"{count:>5}  {code} {view.rule(code).name}"

"""The report for people: where, what, the source line, and a caret under the name."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from idem_lint.reports.report_rows import View, statistics
from idem_lint.reports.summary import summary, unread
from idem_lint.result_types import Finding
from idem_lint.run_results import CheckResult
from idem_lint.settings.domains import ALL

_BOLD, _RED, _GREEN, _YELLOW, _CYAN, _OFF = (
    "\x1b[1m",
    "\x1b[31m",
    "\x1b[32m",
    "\x1b[33m",
    "\x1b[36m",
    "\x1b[0m",
)
_WIDTH = 120
"""How much of a source line is shown, in characters, where no terminal says how wide it is."""
_INDENT = "    "


def render(result: CheckResult, view: View) -> Iterator[str]:
    """Findings in the form ``path:line:column: CODE message``, each with its source line, where it is registered and
    what to write instead; then a summary line. On a terminal, long lines are wrapped and findings stand apart.
    """
    paint = _paint if view.colour else _plain
    for finding in result.findings:
        colour = _RED if view.severity(finding) == "error" else _YELLOW
        where = f"{printable(finding.file)}:{finding.line}:{finding.column}:"
        first, *rest = _wrapped(finding.message, view, f"{where} {finding.code} ", _INDENT)
        yield f"{paint(where, _BOLD)} {paint(finding.code, colour)} {first}"
        yield from (f"{_INDENT}{line}" for line in rest)
        yield from _excerpt(finding, result, view, paint)
        for number, step in enumerate(finding.chain, start=1):
            where = f"{step.place.file}:{step.place.line}"
            yield from _labelled(
                f"{number}.", f"{step.what}  ({where})", view, lambda label: paint(label, _CYAN)
            )
        for related in finding.related_places():
            yield from _indented(related, view)
        if finding.domain_reason and finding.domain != ALL:
            yield from _indented(f"{finding.domain} domain: {finding.domain_reason}", view)
        if finding.advice:
            yield from _labelled("fix:", finding.advice, view, lambda label: paint(label, _GREEN))
        note = result.notes.get(finding)
        if note is not None:
            yield from _labelled("note:", note, view, lambda label: label)
        if view.width:
            yield ""
    if view.statistics:
        yield from _statistics(result, view)
    yield from map(printable, unread(result))
    if not view.quiet:
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


def _wrapped(text: str, view: View, first: str, others: str) -> list[str]:
    """``text`` in lines that fit the terminal behind ``first`` and ``others``, which are not part of them."""
    shown = printable(text)
    if not view.width or len(first) + len(shown) <= view.width:
        return [shown]
    from textwrap import wrap

    lines = wrap(
        shown,
        max(view.width, len(_INDENT) + 40),
        initial_indent=first,
        subsequent_indent=others,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [lines[0][len(first) :], *(line[len(others) :] for line in lines[1:])]


def _indented(text: str, view: View) -> Iterator[str]:
    return (f"{_INDENT}{line}" for line in _wrapped(text, view, _INDENT, _INDENT))


def _labelled(label: str, text: str, view: View, paint: Callable[[str], str]) -> Iterator[str]:
    """A text behind its label, wrapped so that its lines stand under each other."""
    margin = _INDENT + " " * (len(label) + 1)
    first, *rest = _wrapped(text, view, margin, margin)
    yield f"{_INDENT}{paint(label)} {first}"
    yield from (f"{margin}{line}" for line in rest)


def _excerpt(
    finding: Finding, result: CheckResult, view: View, paint: Callable[[str, str], str]
) -> Iterator[str]:
    source = result.excerpts.get((finding.file, finding.line))
    if source is None:
        return
    indent = len(source) - len(source.lstrip())
    at = max(finding.column - 1 - indent, 0)
    width = max(view.width - len(_INDENT) - 1, 40) if view.width else _WIDTH
    start = 0 if at < width else at - width // 2
    cut = "…" if start else ""
    shown = source[indent + start :].rstrip()
    before = cut + source[indent + start : indent + at]
    yield f"{_INDENT}{cut}{printable(shown[:width])}{'…' if len(shown) > width else ''}"
    yield f"{_INDENT}{_padding(printable(before))}{paint('^', _CYAN)}"


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

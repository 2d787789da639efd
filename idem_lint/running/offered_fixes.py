"""What an editor offers at a finding: the fixes that hold, both marks where one is missing, a comment that silences it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple, TypeAlias

from idem_lint.fixing.added_noqa import silenced
from idem_lint.fixing.annotations import Annotation, annotate, annotation, as_moving, as_opt_out
from idem_lint.fixing.changes import Change, ChangedFile, Subject
from idem_lint.fixing.rule_fixes import FIXES, fix
from idem_lint.result_types import TODO, Finding, Handler
from idem_lint.running.fix_run import UNMARKED, fixing, has_both_marks, is_unmarked
from idem_lint.running.reading import Reading
from idem_lint.running.verified_changes import Changing
from idem_lint.settings.config import ConfigOf
from idem_lint.source.discovery import shown

REASON = f"{TODO}: say why this is right"
"""What stands behind the codes of a comment until somebody has said it."""
_Plan: TypeAlias = Callable[[ChangedFile, Handler, str], Change]
_MARKS: dict[str, Callable[[Handler], Annotation]] = {
    "@money_moving": as_moving,
    "@not_money_moving, with a reason to write": as_opt_out,
}


class Offer(NamedTuple):
    """A change of one file, its whole new content, and the finding that it ends. ``is_preferred``: the one to take where
    somebody takes one without looking.
    """

    title: str
    content: bytes
    finding: Finding
    is_preferred: bool = False


def offers(
    path: Path, lines: range, found: Iterable[Finding], config: ConfigOf, reading: Reading
) -> Iterator[Offer]:
    """What may be done about the findings of a file in some lines (1-based). Only what holds when the project is judged
    with it is offered. Raises as :func:`project_run.check`.
    """
    here = [finding for finding in found if finding.file == shown(path) and finding.line in lines]
    for finding in here:
        if finding.code in FIXES:
            yield from _fix(path, finding, config, reading)
        elif finding.code in UNMARKED:
            yield from _marks(path, finding, config, reading)
    for finding in here:
        yield from _comment(path, finding, reading)


def all_fixed(path: Path, config: ConfigOf, reading: Reading) -> bytes | None:
    """The content of a file with all that ``check --fix`` mends in it; ``None`` where that is nothing."""
    return fixing([path], config, reading=reading).content(path)


def _fix(path: Path, finding: Finding, config: ConfigOf, reading: Reading) -> Iterator[Offer]:
    for change, content, _ in _tried(path, finding, config, reading, fix):
        yield Offer(f"{finding.code}: {change.what}", content, finding, is_preferred=True)


def _marks(path: Path, finding: Finding, config: ConfigOf, reading: Reading) -> Iterator[Offer]:
    for title, mark in _MARKS.items():

        def plan(
            file: ChangedFile, handler: Handler, code: str, mark: Callable[[Handler], Annotation] = mark
        ) -> Change:
            return annotate(file, handler, code, mark(handler))

        for change, content, handler in _tried(path, finding, config, reading, plan):
            is_preferred = annotation(handler).name in title.partition(",")[0].split("@")
            yield Offer(f"Mark as {title} ({change.what.partition(': ')[2]})", content, finding, is_preferred)


def _tried(
    path: Path, finding: Finding, config: ConfigOf, reading: Reading, plan: _Plan
) -> Iterator[tuple[Change, bytes, Handler]]:
    """The change that is planned for a finding, the content it leads to, and the handler; nothing where it does not hold."""
    changing = Changing([path], config, None, reading)
    judged = changing.judged(_is_asked_about)
    for handler in filter(None, [judged.handler(finding)]):
        changing.plan(Subject.of(handler, finding.code), partial(_planned, plan, handler, finding.code))
        changing.advance()
        for change in changing.outcome(is_written=False).done:
            yield change, changing.content(path) or b"", handler


def _planned(plan: _Plan, handler: Handler, code: str, file: ChangedFile) -> Change:
    return plan(file, handler, code)


def _is_asked_about(handler: Handler) -> bool:
    """Whether it matters for a fix where the money goes."""
    return has_both_marks(handler) or is_unmarked(handler)


def _comment(path: Path, finding: Finding, reading: Reading) -> Iterator[Offer]:
    answer = silenced(path, [finding], REASON, reading.content(path))
    if answer.source is not None and answer.done:
        yield Offer(f"Silence {finding.code} with # noqa and a reason to write", answer.content, finding)

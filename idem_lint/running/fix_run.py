"""``check --fix`` and ``annotate``: what is wanted of which handler, and what is said about it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from functools import partial
from pathlib import Path
from typing import NamedTuple

from idem_lint.fixing.annotations import annotate
from idem_lint.fixing.changes import Refusal, Subject
from idem_lint.fixing.rule_fixes import FIXES, fix
from idem_lint.reports.summary import plural
from idem_lint.result_types import Handler
from idem_lint.rules.shared_phrases import undecided
from idem_lint.running.project_run import DISK
from idem_lint.running.reading import Reading
from idem_lint.running.verified_changes import Changing, Judged, Outcome
from idem_lint.settings.config import ConfigOf

UNMARKED = ("IDM001", "IDM007")


class LeftOut(NamedTuple):
    """How many unmarked handlers ``annotate`` did not look at: no write is reached from them, and only what moves money is
    wanted; no domain judges them.
    """

    without_write: int = 0
    outside: int = 0


def fixed(paths: Sequence[Path], config: ConfigOf, *, today: date | None = None, is_written: bool) -> Outcome:
    """Mend what can be mended without a judgement (``FIXES``) among the findings of a run; see :func:`project_run.check`."""
    return fixing(paths, config, today=today).outcome(is_written=is_written)


def fixing(
    paths: Sequence[Path], config: ConfigOf, *, today: date | None = None, reading: Reading = DISK
) -> Changing:
    """The changes of :func:`fixed`, tried and not written."""
    changing = Changing(paths, config, today, reading)
    goes_on = True
    while goes_on:
        judged = changing.judged(has_both_marks)
        for finding in judged.findings:
            handler = judged.handler(finding)
            if finding.code in FIXES and handler is not None:
                change = partial(fix, handler=handler, code=finding.code)
                changing.plan(Subject.of(handler, finding.code), change)
        goes_on = changing.advance()
    return changing


def annotated(
    paths: Sequence[Path], config: ConfigOf, *, only_money: bool = False, is_written: bool
) -> tuple[Outcome, LeftOut]:
    """Mark the handlers that the linter finds unmarked: as money-moving where a write is reached, else as an opt-out whose
    reason is still to be written (left out with ``only_money``).
    """
    changing = Changing(paths, config, None)
    judged = changing.judged(is_unmarked)
    left = 0
    for finding in judged.findings:
        handler = judged.handler(finding) if finding.code in UNMARKED else None
        if handler is None:
            continue
        if only_money and not (handler.money is not None and handler.money.writes):
            left += 1
            continue
        change = partial(annotate, handler=handler, code=finding.code)
        changing.plan(Subject.of(handler, finding.code), change)
    for refusal in _not_read(judged):
        changing.refuse(*refusal)
    changing.advance()
    outside = sum(map(_is_outside, (handler for report in judged.reports for handler in report.handlers)))
    return changing.outcome(is_written=is_written), LeftOut(left, outside)


def told_of_left_out(left: LeftOut) -> Iterator[str]:
    """What was not looked at, and how it would be, a line each."""
    if left.without_write:
        yield f"{left.without_write} more left out, no write of money is reached from them (--only-money)"
    if left.outside:
        count, verb = plural(left.outside, "unmarked handler"), "is" if left.outside == 1 else "are"
        yield (
            f"{count} {verb} outside every money domain and left alone (--preset money has more words, --all-domains takes "
            "every handler)"
        )


def told(outcome: Outcome, done: str) -> Iterator[str]:
    """What was done and what was not, a line each; ``done`` is the word for it."""
    for change in outcome.done:
        yield f"{_where(change.subject)} {change.what}"
    for refusal in outcome.refused:
        yield f"{_where(refusal.subject)} not {done}: {refusal.reason}"
    count = plural(len(outcome.done), "handler")
    rest = f", {len(outcome.refused)} not {done}" if outcome.refused else ""
    yield f"{count} {done} in {plural(outcome.files, 'file')}{rest}"
    yield from _to_look_at(outcome)


def _to_look_at(outcome: Outcome) -> Iterator[str]:
    """The handlers that are named like money and were marked as moving none."""
    doubtful = [change.subject for change in outcome.done if change.is_doubtful]
    if doubtful:
        count, verb = plural(len(doubtful), "handler"), "is" if len(doubtful) == 1 else "are"
        yield f"{count} {verb} named like money, and marked as moving none because no write was found; look there first:"
    for subject in doubtful:
        yield f"    {subject.file}:{subject.line} `{subject.qualname.replace('.<locals>', '')}`"


def _where(subject: Subject) -> str:
    return f"{subject.file}:{subject.line}: {subject.code} `{subject.qualname.replace('.<locals>', '')}`:"


def _not_read(judged: Judged) -> Iterator[Refusal]:
    """What may be a handler and cannot be read to its end, and what cannot be parsed: no mark is put on it."""
    for finding in judged.findings:
        if finding.code in {"IDM006", "IDM900"}:
            subject = Subject(finding.file, finding.line, finding.qualname, finding.code)
            yield Refusal(subject, finding.message)


def has_both_marks(handler: Handler) -> bool:
    """Whether it may matter for a fix where the money goes."""
    return handler.domain is not None and len({mark.name for mark in handler.marks}) > 1


def _is_outside(handler: Handler) -> bool:
    """Whether a handler has no mark, and nothing of it says money, so that it is not asked for one."""
    return (
        handler.domain is None
        and not handler.hidden_test
        and undecided(handler)
        and "POST" in handler.methods
    )


def is_unmarked(handler: Handler) -> bool:
    """Whether a handler of a domain has no mark and needs one."""
    return handler.domain is not None and undecided(handler) and "POST" in handler.methods

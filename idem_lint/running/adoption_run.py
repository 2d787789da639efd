"""What the command line does with a baseline, a lock file and comments: files read and written, and what is said of them."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from idem_lint.adoption import baseline, earlier_inventory, live_comparison, routes_lock
from idem_lint.fixing.added_noqa import silenced
from idem_lint.fixing.source_text import CannotChange
from idem_lint.reports.summary import plural
from idem_lint.result_types import Finding
from idem_lint.run_results import CheckResult, Inventory, InventoryChange
from idem_lint.running.narrowed_result import Scope, without_known
from idem_lint.settings.config import ConfigOf
from idem_lint.source.discovery import UsageError, shown


class Said(NamedTuple):
    """What is to be printed, and beside it to standard error; ``is_wrong``: something does not hold. ``changes`` is the same
    for a report: those since ``compared``.
    """

    lines: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    is_wrong: bool = False
    changes: tuple[InventoryChange, ...] = ()
    compared: str = ""


def held_against(
    file: Path, result: CheckResult, paths: Sequence[Path], config: ConfigOf
) -> tuple[CheckResult, Said]:
    """A result without what the baseline knows; ``is_wrong`` where it lists what is not found any more."""
    known = without_known(file, result, paths, config)
    notes = [f"{shown(file)}: {plural(known.known, 'known finding')} left out"] if known.known else []
    notes += [
        f"{shown(file)}: {entry.code} {entry.name or '(no handler)'} in {entry.file} is not found any more; to take it out: "
        "idem-lint baseline --prune"
        for entry in known.stale
    ]
    return known.result, Said(notes=tuple(notes), is_wrong=bool(known.stale))


def write_baseline(
    file: Path, result: CheckResult, paths: Sequence[Path], config: ConfigOf, *, is_pruned: bool
) -> Said:
    """Write what a run found, beside the entries that it did not look for; ``is_pruned``: only take out what is gone."""
    scope = Scope(file, paths, config)
    before = baseline.read(file) if is_pruned or file.exists() else []
    if is_pruned:
        stale = baseline.compare(result.findings, before, file, scope.has).stale
        now = list((Counter(before) - Counter(stale)).elements())
    else:
        elsewhere = [entry for entry in before if not scope.has(entry)]
        now = [*elsewhere, *baseline.entries(result.findings, file)]
    _write(file, baseline.text(now))
    new, gone = Counter(now) - Counter(before), Counter(before) - Counter(now)
    line = f"{shown(file)}: {plural(len(now), 'finding')} ({new.total()} new, {gone.total()} gone)"
    never = [finding for finding in result.findings if not baseline.can_be_known(finding)]
    notes = [f"{finding.file}: {finding.code} is never left out by a baseline" for finding in never]
    return Said((line,), tuple(notes))


def add_comments(findings: Sequence[Finding], config: ConfigOf, reason: str | None) -> Said:
    """Silence findings by comments where they are reported; what cannot be silenced is said."""
    if reason is not None and ("\n" in reason or not reason.strip()):
        raise UsageError("--reason: one line that says why")
    files: dict[str, list[Finding]] = {}
    for finding in findings:
        files.setdefault(finding.file, []).append(finding)
    count, notes = 0, list[str]()
    for file, found in files.items():
        answer = silenced(Path(os.path.abspath(file)), found, reason)
        left = list(answer.left)
        if answer.source is not None and answer.content != answer.source.raw:
            try:
                answer.source.write(answer.content, inside=config.root)
                count += len(answer.done)
            except CannotChange as error:
                left += [(finding, str(error)) for finding in answer.done]
        notes += [f"{one.file}:{one.line}: {one.code} not silenced: {why}" for one, why in left]
    return Said(notes=(*notes, f"{plural(count, 'finding')} silenced by comments"))


def write_lock(file: Path, inventory: Inventory) -> Said:
    """Write the handlers into a lock file."""
    rows = routes_lock.locked(inventory.handlers, file)
    _write(file, routes_lock.text(rows))
    return Said((f"{shown(file)}: {plural(len(rows), 'handler')}",))


def check_lock(file: Path, inventory: Inventory) -> Said:
    """Hold the handlers against a lock file; ``is_wrong`` where a review has to see something."""
    before, now = routes_lock.read(file), routes_lock.locked(inventory.handlers, file)
    found = routes_lock.differences(before, now)
    is_wrong = any(not difference.is_move for difference in found)
    count = plural(len(inventory.handlers), "handler")
    if not is_wrong:
        last = f"{shown(file)}: {count}, as locked"
    else:
        last = f"{shown(file)} is not what the code says; when that is wanted: idem-lint inventory --write {shown(file)}"
    changes = tuple(routes_lock.changes(before, now))
    lines = (*(difference.line for difference in found), last)
    return Said(lines, is_wrong=is_wrong, changes=changes, compared=shown(file))


def changed_since(
    revision: str, inventory: Inventory, paths: Sequence[Path], options: Sequence[str], config: Path | None
) -> Said:
    """What is different from where the branch left ``revision``, whatever moves money besides handlers included."""
    earlier = earlier_inventory.Earlier(revision, paths, options, config)
    now = earlier_inventory.rows_of(inventory)
    found = routes_lock.differences(earlier.rows, now)
    last = f"{plural(len(found), 'change')} since {earlier.base[:12]}"
    changes = tuple(routes_lock.changes(earlier.rows, now))
    return Said(
        (*(difference.line for difference in found), last), changes=changes, compared=earlier.base[:12]
    )


def verified(targets: Sequence[str], python: str | None, paths: Sequence[Path], config: ConfigOf) -> Said:
    """Import applications, and hold what they serve against the inventory of the paths; ``is_wrong`` where one of the
    project's own routes or handlers is on one side alone.
    """
    from idem_lint.running.project_run import inventory

    routes = live_comparison.live_routes(targets, python)
    found = inventory(paths, config, with_money=False)
    compared = live_comparison.compare(routes, found.handlers, found.undecided, config.root)
    return Said(tuple(live_comparison.report(compared)), is_wrong=bool(compared.unseen or compared.unserved))


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise UsageError(f"{shown(file)}: cannot be written: {error.strerror or error}") from error

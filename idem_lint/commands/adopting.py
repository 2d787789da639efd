"""``init``, ``baseline``, ``annotate`` and ``verify``: how a project begins, and what it holds its code against."""

from __future__ import annotations

from idem_lint.commands.output import CLEAN, FINDINGS, note, show_diff, write
from idem_lint.running.input_paths import configured, input_of, only_files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace


def init(options: Namespace) -> int:
    """Write a project's first configuration."""
    from idem_lint.running.first_configuration import section_for, write_section

    is_cached = not options.no_cache
    if options.dry_run:
        write(section_for(options.folder, is_cached=is_cached)[0], None)
    else:
        write(write_section(options.folder, is_cached=is_cached), None)
    return CLEAN


def baseline(options: Namespace) -> int:
    """Remember today's findings."""
    from pathlib import Path

    from idem_lint.running.adoption_run import write_baseline
    from idem_lint.running.cli_options import BASELINE
    from idem_lint.running.project_run import check

    paths, stdin = input_of(options)
    config = configured(options, paths)
    result = check(only_files(paths, stdin), config, is_cached=not options.no_cache)
    file = options.output or Path(BASELINE)
    said = write_baseline(file, result, paths, config, is_pruned=options.prune)
    note((*result.left_out, *said.notes))
    write(said.lines, None)
    return CLEAN


def annotate(options: Namespace) -> int:
    """Mark handlers that have no mark."""
    paths, stdin = input_of(options)
    config = configured(options, paths)
    from idem_lint.running.fix_run import annotated, told, told_of_left_out

    outcome, left = annotated(
        only_files(paths, stdin), config, only_money=options.only_money, is_written=not options.diff
    )
    lines = [*told(outcome, "annotated"), *told_of_left_out(left)]
    if options.diff:
        return show_diff(outcome, lines)
    write(lines, None)
    return FINDINGS if outcome.refused else CLEAN


def verify(options: Namespace) -> int:
    """Hold a running application's routes against the inventory."""
    from idem_lint.running.adoption_run import verified

    options.paths = options.paths or ["."]
    paths, _ = input_of(options)
    said = verified(options.targets, options.python, paths, configured(options, paths))
    write(said.lines, None)
    return FINDINGS if said.is_wrong else CLEAN

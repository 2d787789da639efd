"""``check``: findings, fixes of them and comments that silence them; and the settings in force for one path."""

from __future__ import annotations

import os

from idem_lint import __version__
from idem_lint.commands.output import (
    CLEAN,
    FINDINGS,
    INCOMPLETE,
    fail,
    is_coloured,
    note,
    show_diff,
    tell,
    terminal_width,
    write,
)
from idem_lint.running.cli_options import REPOSITORY_FORMATS
from idem_lint.running.input_paths import configured, input_of, only_files
from idem_lint.running.option_parsing import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from idem_lint.rules import Rule
    from idem_lint.run_results import CheckResult
    from idem_lint.settings.config_files import Configurations


def check(options: Namespace) -> int:
    """Report what is wrong; with ``--fix`` or ``--add-noqa`` change the files first."""
    if options.show_config:
        return _show_config(options)
    paths, stdin = input_of(options)
    config = configured(options, paths)
    if options.fix or options.diff:
        from idem_lint.running.fix_run import fixed, told

        outcome = fixed(only_files(paths, stdin), config, today=options.today, is_written=not options.diff)
        if options.diff:
            return show_diff(outcome, told(outcome, "fixed"))
        tell(told(outcome, "fixed"))
    result, is_wrong = _result(options, paths, stdin, config)
    if options.add_noqa:
        from idem_lint.running.adoption_run import add_comments

        only_files(paths, stdin)
        tell(add_comments(result.findings, config, options.reason).notes)
        result, is_wrong = _result(options, paths, stdin, config)
    note(result.left_out)
    write(_report(result, options), options.output)
    if any(finding.is_fault for finding in result.findings):
        return fail(INCOMPLETE)
    if is_wrong and options.strict:
        return FINDINGS
    return FINDINGS if result.findings and not options.exit_zero else CLEAN


def _result(
    options: Namespace, paths: list[Path], stdin: tuple[Path, bytes] | None, config: Configurations
) -> tuple[CheckResult, bool]:
    """What is found, but for what nobody asked about; and whether a baseline lists what is not found any more."""
    from idem_lint.running import project_run

    result = project_run.check(
        paths,
        config,
        today=options.today,
        stdin=stdin,
        strict_domains=options.strict_domains,
        is_cached=not options.no_cache,
    )
    if options.since is not None:
        from idem_lint.running.narrowed_result import since

        result, sentence = since(options.since, result, only_files(paths, stdin), config)
        note([sentence])
    if options.baseline is None:
        return result, False
    from idem_lint.running.adoption_run import held_against

    result, said = held_against(options.baseline, result, paths, config)
    note(said.notes)
    return result, said.is_wrong


def _report(result: CheckResult, options: Namespace) -> Iterable[str]:
    if options.format == "text" and not result.findings and not result.unread:
        from idem_lint.reports.summary import summary

        return () if options.quiet else summary(result)
    from idem_lint.reports import finding_report
    from idem_lint.reports.report_rows import View

    view = View(
        _all_rules,
        __version__,
        colour=is_coloured(options),
        statistics=options.statistics,
        width=terminal_width(options),
        quiet=options.quiet,
    )
    if options.format in REPOSITORY_FORMATS:
        from idem_lint.running.repository_paths import from_repository

        result = from_repository(result)
    return finding_report(options.format)(result, view)


def _all_rules() -> Sequence[Rule]:
    from idem_lint.rules import RULES

    return RULES


def _show_config(options: Namespace) -> int:
    """The settings in force for the one path that is named."""
    from pathlib import Path

    if len(options.paths) > 1:
        raise UsageError("--show-config is about one file or folder; name one")
    name = options.stdin_filename if options.paths == ["-"] else options.paths[0]
    if name is None:
        raise UsageError("the path - needs --stdin-filename PATH: the configuration is that of a file")
    path = Path(os.path.abspath(name))
    if options.stdin_filename is None and not os.path.lexists(path):
        raise UsageError(f"{name}: no such file or folder")
    from idem_lint.running.settings_in_force import settings_in_force

    # The configuration of a folder is that of the files in it.
    config = configured(options, [path]).of(path / "pyproject.toml" if path.is_dir() else path)
    write(settings_in_force(path, config, options), options.output)
    return CLEAN

"""``idem-lint``: arguments in, exit code out. The only place of the linter that prints.

Exit codes: 0 clean, 1 findings, 2 wrong usage, wrong configuration or a fault of idem-lint itself, 130 interrupted,
141 the reader of the output went away.
"""

from __future__ import annotations

import gc
import os
import sys

from idem_lint import __version__
from idem_lint.running.cli_options import REPOSITORY_FORMATS, parse
from idem_lint.running.input_paths import input_of
from idem_lint.running.option_parsing import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from idem_lint.rules import Rule
    from idem_lint.run_results import CheckResult
    from idem_lint.running.verified_changes import Outcome
    from idem_lint.settings.config import Config
    from idem_lint.settings.config_files import Configurations

CLEAN, FINDINGS, FAILED, INTERRUPTED, PIPE_CLOSED = 0, 1, 2, 130, 141
_INCOMPLETE = "a fault of idem-lint itself: not everything was judged, the report says where"
_EXTRA = ("libcst", "flake8", "proto_schema_parser", "antlr4")
_SERVER_EXTRA = ("pygls", "lsprotocol", "cattrs", "attr", "attrs")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code; ``argv`` is without the program's name. Without ``argv`` the process
    is taken to be the command line's own.
    """
    if argv is not None:
        return _main(argv)
    # Nearly all that a run makes is in use until its end: to look for garbage would take as long as to judge.
    gc.disable()
    try:
        return _main(sys.argv[1:])
    finally:
        gc.freeze()  # the interpreter looks for garbage once more on its way out


def _main(argv: Sequence[str]) -> int:
    try:
        command, options = parse(list(argv))
        return _run(command, options)
    except UsageError as error:
        return _fail(str(error))
    except ImportError as error:
        return _fail(_missing(error))
    except BrokenPipeError:
        # What is still buffered has nowhere to go; without this the interpreter would complain on its way out.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PIPE_CLOSED
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001 - Python's own exit code for it is 1, which reads as "findings".
        import traceback

        traceback.print_exc()
        return _fail(f"a fault of idem-lint itself, nothing is known about the files: {error!r}")


def _run(command: str, options: Namespace) -> int:
    """Run one command. What is wrong with paths or configuration becomes a UsageError."""
    from idem_lint.settings.config import ConfigError
    from idem_lint.source import discovery

    reconfigure = getattr(sys.stdout, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="backslashreplace")
    run = {
        "check": _check,
        "inventory": _inventory,
        "money": _money,
        "why": _why,
        "annotate": _annotate,
        "baseline": _baseline,
        "verify": _verify,
        "init": _init,
        "explain": _explain,
        "rules": _rules,
        "server": _server,
    }[command]
    try:
        code = run(options)
    except (ConfigError, discovery.UsageError) as error:
        raise UsageError(str(error)) from error
    sys.stdout.flush()
    return code


def _fail(message: str) -> int:
    sys.stderr.write(f"idem-lint: {message}\n")
    return FAILED


def _say(notes: Sequence[str]) -> None:
    for note in notes:
        sys.stderr.write(f"idem-lint: note: {note}\n")


def _missing(error: ImportError) -> str:
    package = (error.name or "").partition(".")[0]
    if package in _EXTRA:
        return f'{package} is not installed; to install it: pip install "idem-guard[lint]"'
    if package in _SERVER_EXTRA:
        return f'{package} is not installed; to install it: pip install "idem-guard[server]"'
    return f"cannot load {error.name or 'a part of idem-lint'}, so nothing was checked: {error}"


def _check(options: Namespace) -> int:
    if options.show_config:
        return _show_config(options)
    paths, stdin = input_of(options)
    config = _config(options, paths)
    if options.fix or options.diff:
        from idem_lint.running.fix_run import fixed, told

        outcome = fixed(_files(paths, stdin), config, today=options.today, is_written=not options.diff)
        if options.diff:
            return _show_diff(outcome, told(outcome, "fixed"))
        _tell(told(outcome, "fixed"))
    result, is_wrong = _result(options, paths, stdin, config)
    if options.add_noqa:
        from idem_lint.running.adoption_run import add_comments

        _files(paths, stdin)
        _tell(add_comments(result.findings, config, options.reason).notes)
        result, is_wrong = _result(options, paths, stdin, config)
    _say(result.left_out)
    _write(_report(result, options), options.output)
    if any(finding.is_fault for finding in result.findings):
        return _fail(_INCOMPLETE)
    if is_wrong and options.strict:
        return FINDINGS
    return FINDINGS if result.findings and not options.exit_zero else CLEAN


def _result(
    options: Namespace, paths: list[Path], stdin: tuple[Path, bytes] | None, config: Configurations
) -> tuple[CheckResult, bool]:
    """What is found, but for what nobody asked about; and whether a baseline lists what is not found any more."""
    from idem_lint.running.project_run import check

    result = check(
        paths,
        config,
        today=options.today,
        stdin=stdin,
        strict_domains=options.strict_domains,
        is_cached=not options.no_cache,
    )
    if options.since is not None:
        from idem_lint.running.narrowed_result import since

        result, sentence = since(options.since, result, _files(paths, stdin), config)
        _say([sentence])
    if options.baseline is None:
        return result, False
    from idem_lint.running.adoption_run import held_against

    result, said = held_against(options.baseline, result, paths, config)
    _say(said.notes)
    return result, said.is_wrong


def _baseline(options: Namespace) -> int:
    from pathlib import Path

    from idem_lint.running.adoption_run import write_baseline
    from idem_lint.running.cli_options import BASELINE
    from idem_lint.running.project_run import check

    paths, stdin = input_of(options)
    config = _config(options, paths)
    result = check(_files(paths, stdin), config, is_cached=not options.no_cache)
    file = options.output or Path(BASELINE)
    said = write_baseline(file, result, paths, config, is_pruned=options.prune)
    _say((*result.left_out, *said.notes))
    _write(said.lines, None)
    return CLEAN


def _verify(options: Namespace) -> int:
    from idem_lint.running.adoption_run import verified

    options.paths = options.paths or ["."]
    paths, _ = input_of(options)
    said = verified(options.targets, options.python, paths, _config(options, paths))
    _write(said.lines, None)
    return FINDINGS if said.is_wrong else CLEAN


def _annotate(options: Namespace) -> int:
    paths, stdin = input_of(options)
    config = _config(options, paths)
    from idem_lint.running.fix_run import annotated, told

    outcome, left = annotated(
        _files(paths, stdin), config, only_money=options.only_money, is_written=not options.diff
    )
    lines = [*told(outcome, "annotated")]
    if left:
        lines.append(f"{left} more left out, no write of money is reached from them (--only-money)")
    if options.diff:
        return _show_diff(outcome, lines)
    _write(lines, None)
    return FINDINGS if outcome.refused else CLEAN


def _files(paths: list[Path], stdin: tuple[Path, bytes] | None) -> list[Path]:
    if stdin is not None:
        raise UsageError("this is about files of the project, not standard input: name files or folders")
    return paths


def _show_diff(outcome: Outcome, lines: Iterable[str]) -> int:
    """The diff where a program reads it, all else where a person does."""
    _tell(lines)
    _write(outcome.diffs, None)
    return FINDINGS if outcome.diffs else CLEAN


def _tell(lines: Iterable[str]) -> None:
    for line in lines:
        sys.stderr.write(f"idem-lint: {line}\n")


def _report(result: CheckResult, options: Namespace) -> Iterable[str]:
    if options.format == "text" and not result.findings and not result.unread:
        from idem_lint.reports.summary import summary

        return () if options.quiet else summary(result)
    from idem_lint.reports import finding_report
    from idem_lint.reports.report_rows import View

    view = View(
        _all_rules,
        __version__,
        colour=_colour(options),
        statistics=options.statistics,
        width=_terminal_width(options),
        quiet=options.quiet,
    )
    if options.format in REPOSITORY_FORMATS:
        from idem_lint.running.repository_paths import from_repository

        result = from_repository(result)
    return finding_report(options.format)(result, view)


def _all_rules() -> Sequence[Rule]:
    from idem_lint.rules import RULES

    return RULES


def _inventory(options: Namespace) -> int:
    paths, stdin = input_of(options)
    config = _config(options, paths)
    from idem_lint.running.inventory_run import listed

    said = listed(options, paths, stdin, config)
    _say(said.left_out)
    _write(said.lines, options.output)
    if said.is_incomplete:
        return _fail(_INCOMPLETE)
    return FINDINGS if said.is_wrong else CLEAN


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
    config = _config(options, [path]).of(path / "pyproject.toml" if path.is_dir() else path)
    _write(settings_in_force(path, config, options), options.output)
    return CLEAN


def _init(options: Namespace) -> int:
    from idem_lint.running.first_configuration import section_for, write_section

    is_cached = not options.no_cache
    if options.dry_run:
        _write(section_for(options.folder, is_cached=is_cached)[0], None)
    else:
        _write(write_section(options.folder, is_cached=is_cached), None)
    return CLEAN


def _money(options: Namespace) -> int:
    paths, stdin = input_of(options)
    config = _config(options, paths)
    from idem_lint.reports import money_report
    from idem_lint.running.project_run import inventory

    result = inventory(paths, config, stdin=stdin, is_cached=not options.no_cache)
    _say(result.left_out)
    _write(money_report(options.format)(result), options.output)
    return _fail(_INCOMPLETE) if result.faults else CLEAN


def _why(options: Namespace) -> int:
    from idem_lint.reports.why import text
    from idem_lint.running.why_run import place_of, why

    place = place_of(options.place)
    paths, _ = input_of(options)
    _write(text(why(place, paths, _config(options, paths))), None)
    return CLEAN


def _explain(options: Namespace) -> int:
    from idem_lint.rules import RULES, find
    from idem_lint.rules.documentation_page import explain
    from idem_lint.settings.config import nearest_spelling

    rule = find(options.rule)
    if rule is None:
        known = [name for each in RULES for name in (each.code, each.name)]
        codes = ", ".join(each.code for each in RULES)
        raise UsageError(
            f'no rule "{options.rule}"; there are {codes}{nearest_spelling(options.rule, known)}'
        )
    _write(explain(rule), None)
    return CLEAN


def _rules(options: Namespace) -> int:
    from idem_lint.rules import RULES
    from idem_lint.rules.documentation_page import render

    _write(render(RULES, options.format), options.output)
    return CLEAN


def _server(_options: Namespace) -> int:
    from idem_lint.server.language_server import serve

    return serve()


def _config(options: Namespace, paths: Sequence[Path]) -> Configurations:
    """The configurations of the files, with what the command line says on top."""
    from idem_lint.running.project_run import config_for

    def adjust(config: Config) -> Config:
        return config._replace(
            all_domains=options.all_domains,
            exclude=(*config.exclude, *options.exclude),
            select=options.select or config.select,
            ignore=(*config.ignore, *options.ignore),
        )

    return config_for(paths, options.config, preset=options.preset, adjust=adjust)


def _colour(options: Namespace) -> bool:
    """``--color`` decides, then NO_COLOR, then FORCE_COLOR (any text but none), then whether a terminal reads."""
    if options.color != "auto":
        return bool(options.color == "always")
    if options.output is not None or os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or (sys.stdout.isatty() and os.environ.get("TERM") != "dumb")


def _terminal_width(options: Namespace) -> int:
    """The columns of the terminal that shows the report; 0 where a file or a program reads it."""
    if options.output is not None or not sys.stdout.isatty():
        return 0
    from shutil import get_terminal_size

    return get_terminal_size().columns


def _write(lines: Iterable[str], output: Path | None) -> None:
    if output is None:
        for line in lines:
            sys.stdout.write(f"{line}\n")
        return
    text = "".join(f"{line}\n" for line in lines)
    try:
        output.write_text(text, encoding="utf-8", errors="backslashreplace", newline="\n")
    except OSError as error:
        raise UsageError(f"--output {output}: cannot be written: {error.strerror or error}") from error

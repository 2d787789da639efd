"""What the commands of ``idem-lint`` share in reading options: one-line complaints, the nearest right spelling, groups."""

from __future__ import annotations

import argparse
import os

TYPE_CHECKING = False
if TYPE_CHECKING:  # Help has to be fast: nothing is imported before it is needed.
    from collections.abc import Callable, Sequence
    from datetime import date
    from pathlib import Path
    from typing import Any, NoReturn, Protocol
else:
    Protocol = object


MOST_JOBS = 64
"""Of processes that one may ask for."""


class UsageError(Exception):
    """A command line that cannot be followed; the message says what to change."""


class Parser(argparse.ArgumentParser):
    """A parser whose complaints are one line, with the nearest right spelling."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message} (see {self.prog} --help)")

    def options(self, argv: Sequence[str]) -> argparse.Namespace:
        """The options in ``argv``."""
        found, unknown = self.parse_known_args(argv)
        if unknown:
            from idem_lint.settings.config import nearest_spelling

            spelled = unknown[0].partition("=")[0]
            known = [
                text for action in self._actions for text in action.option_strings if text.startswith("--")
            ]
            raise UsageError(
                f'unknown option "{spelled}"{nearest_spelling(spelled, known)} (see {self.prog} --help)'
            )
        return found


class _Formatter(argparse.RawDescriptionHelpFormatter):
    """Knows its width by itself: argparse makes a formatter for every option, and asks ``shutil`` for the width."""

    def __init__(self, prog: str, **options: Any) -> None:
        super().__init__(prog, **{"width": _width(), **options})


def _width() -> int:
    columns = os.environ.get("COLUMNS", "")
    if columns.isdecimal() and int(columns):
        return int(columns) - 2
    try:
        return (os.get_terminal_size(1).columns or 80) - 2
    except OSError:
        return 78


def parser_for(command: str, usage: str, description: str, epilog: str) -> Parser:
    """A parser for a command."""
    return Parser(
        prog=f"idem-lint {command}".rstrip(),
        usage=usage,
        description=description,
        epilog=epilog,
        formatter_class=_Formatter,
        allow_abbrev=False,
    )


def add_inputs(parser: argparse.ArgumentParser) -> None:
    """What chooses the files of a run."""
    parser.add_argument(
        "paths",
        metavar="PATHS",
        nargs="*",
        default=["."],
        help="files, folders, globs, or - (default: this folder)",
    )
    group = parser.add_argument_group("choosing files")
    add_config(group)
    group.add_argument("--stdin-filename", metavar="PATH", help="the file that - stands for")


class Takes(Protocol):
    """A parser or a group of one."""

    def add_argument(self, *names: str, **options: Any) -> object: ...


def add_config(group: Takes) -> None:
    """What says how the files of a run are judged."""
    group.add_argument("--all-domains", action="store_true", help="treat every module as money code")
    group.add_argument(
        "--exclude",
        metavar="PATTERN",
        action="append",
        default=[],
        help="leave out what matches (gitignore's syntax)",
    )
    group.add_argument(
        "--config", metavar="FILE", type=file_path, help="the pyproject.toml to read (default: the nearest)"
    )
    add_cache(group.add_argument)
    group.add_argument(
        "--preset",
        metavar="NAME",
        type=preset_name,
        help="the words for money: adr007, adr007-extended, money",
    )
    group.add_argument(
        "--jobs",
        metavar="N",
        type=number_of_jobs,
        default=0,
        help="how many processes look (default: one for each processor, 4 at most, where the project is large)",
    )


def add_cache(add_argument: Callable[..., object]) -> None:
    """Whether an earlier answer may be taken."""
    add_argument("--no-cache", action="store_true", help="judge anew, and keep no answer in .idem_lint_cache")


def add_diff(add_argument: Callable[..., object]) -> None:
    """Whether files are changed or only shown."""
    add_argument(
        "--diff", action="store_true", help="write nothing; print what would change, exit 1 if anything"
    )


def add_format(parser: argparse.ArgumentParser, allowed: tuple[str, ...]) -> None:
    """How the report is written, and where to."""
    group = parser.add_argument_group("output")
    group.add_argument(
        "--format",
        metavar="NAME",
        type=one_of(allowed),
        default=allowed[0],
        help=f"{', '.join(allowed)} (default: {allowed[0]})",
    )
    group.add_argument(
        "--output", metavar="FILE", type=file_path, help="write to this file instead of standard output"
    )


class Extend(argparse.Action):
    """Collects comma-separated lists over several uses of an option."""

    def __call__(
        self,
        _parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        _option: str | None = None,
    ) -> None:
        setattr(namespace, self.dest, (*getattr(namespace, self.dest), *values))


def one_of(allowed: tuple[str, ...]) -> Callable[[str], str]:
    """The type of an option that is one of a few words."""

    def convert(text: str) -> str:
        if text in allowed:
            return text
        from idem_lint.settings.config import nearest_spelling

        hint = nearest_spelling(text, allowed)
        raise argparse.ArgumentTypeError(f'found "{text}"; allowed: {", ".join(allowed)}{hint}')

    return convert


def preset_name(text: str) -> str:
    """The type of ``--preset``."""
    from idem_lint.settings.money_words import PRESETS

    return one_of(tuple(PRESETS))(text)


def number_of_jobs(text: str) -> int:
    """The type of ``--jobs``."""
    from idem_lint.engine.several_processes import can_share

    if not text.isdecimal() or not 0 < int(text) <= MOST_JOBS:
        raise argparse.ArgumentTypeError(f'"{text}" is no number of processes: 1 to {MOST_JOBS}')
    if int(text) > 1 and not can_share():
        raise argparse.ArgumentTypeError(
            f"{text} processes: only Linux gives a process what another has read; leave --jobs out"
        )
    return int(text)


def rule_codes(text: str) -> tuple[str, ...]:
    """Codes or their prefixes, separated by commas."""
    from idem_lint.settings.config import CODES, nearest_spelling

    codes = tuple(code for code in text.replace(",", " ").split())
    for code in codes:
        if not any(known.startswith(code) for known in CODES):
            hint = nearest_spelling(code, CODES)
            raise argparse.ArgumentTypeError(f'no rule "{code}"; allowed: IDM, {", ".join(CODES)}{hint}')
    if not codes:
        raise argparse.ArgumentTypeError("found nothing; allowed: rule codes or their prefixes")
    return codes


def file_path(text: str) -> Path:
    """The type of an option that names a file."""
    from pathlib import Path

    return Path(text)


def iso_date(text: str) -> date:
    """The type of an option that is a day."""
    from datetime import date

    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f'found "{text}"; allowed: a date, YYYY-MM-DD') from None


def source_url(text: str) -> str:
    """The type of an option that is the address of every line of a repository."""
    from idem_lint.settings.config import SOURCE_URL, is_source_url

    if not is_source_url(text):
        raise argparse.ArgumentTypeError(f'found "{text}"; allowed: {SOURCE_URL}')
    return text

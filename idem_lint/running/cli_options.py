"""What may be said on the command line of ``idem-lint``, and help that teaches it."""

from __future__ import annotations

import argparse
import os

from idem_lint import __version__
from idem_lint.running import help_texts

TYPE_CHECKING = False
if TYPE_CHECKING:  # Help has to be fast: here and in cli.py nothing is imported before it is needed.
    from collections.abc import Callable, Sequence
    from datetime import date
    from pathlib import Path
    from typing import Any, NoReturn

COMMANDS = ("check", "inventory", "money", "annotate", "init", "explain", "rules")
REPOSITORY_FORMATS = ("sarif", "github", "gitlab")
"""Those that a service reads which shows the repository: their paths begin at its top."""
FINDING_FORMATS = ("text", "json", *REPOSITORY_FORMATS)
INVENTORY_FORMATS = ("table", "json", "csv", "markdown")
MONEY_FORMATS = ("text", "json", "markdown")
RULE_FORMATS = ("text", "json", "markdown")


class UsageError(Exception):
    """A command line that cannot be followed; the message says what to change."""


class _Parser(argparse.ArgumentParser):
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


def parse(argv: Sequence[str]) -> tuple[str, argparse.Namespace]:
    """The command (one of ``COMMANDS``) and its options. Raises UsageError; ``--help`` and ``--version`` exit."""
    command = argv[0] if argv and argv[0] in COMMANDS else ""
    parsers = {
        "": _check_parser,
        "check": _check_parser,
        "inventory": _inventory_parser,
        "money": _money_parser,
        "annotate": _annotate_parser,
    }
    others = {"init": _init_parser, "explain": _explain_parser, "rules": _rules_parser}
    parser = {**parsers, **others}[command]()
    options = parser.options(argv[1:] if command else argv)
    return command or "check", options


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


def _parser(command: str, usage: str, description: str, epilog: str) -> _Parser:
    return _Parser(
        prog=f"idem-lint {command}".rstrip(),
        usage=usage,
        description=description,
        epilog=epilog,
        formatter_class=_Formatter,
        allow_abbrev=False,
    )


def _check_parser() -> _Parser:
    parser = _parser(
        "",
        "idem-lint [check] [PATHS] [options]",
        "Find every POST handler (and RPC) in money code; say whether its mark is there and takes effect (ADR-007).",
        help_texts.CHECK,
    )
    parser.add_argument("--version", action="version", version=f"idem-lint {__version__}")
    _inputs(parser)
    _format(parser, FINDING_FORMATS)
    choosing = parser.add_argument_group("choosing rules")
    choosing.add_argument(
        "--select",
        metavar="CODES",
        type=_codes,
        action=_Extend,
        default=(),
        help="only these codes or prefixes",
    )
    choosing.add_argument(
        "--ignore",
        metavar="CODES",
        type=_codes,
        action=_Extend,
        default=(),
        help="not these codes or prefixes",
    )
    choosing.add_argument(
        "--strict-domains",
        action="store_true",
        help="what speaks of money in no domain is a finding (IDM012)",
    )
    choosing.add_argument(
        "--today", metavar="DATE", type=_date, help="the day that until= is held against (default: today)"
    )
    changing = parser.add_argument_group("changing files")
    changing.add_argument(
        "--fix", action="store_true", help="mend what takes no judgement (IDM002-IDM004), then check"
    )
    _diff(changing.add_argument)
    showing = parser.add_argument_group("showing")
    showing.add_argument("--statistics", action="store_true", help="count findings by code (text format)")
    showing.add_argument(
        "--color",
        metavar="WHEN",
        type=_one_of(("auto", "always", "never")),
        default="auto",
        help="auto, always, never; auto heeds NO_COLOR and FORCE_COLOR",
    )
    showing.add_argument("--quiet", "-q", action="store_true", help="findings only, no summary (text format)")
    showing.add_argument(
        "--show-config",
        action="store_true",
        help="judge nothing; print every setting in force for a file (default: this folder), and what says so",
    )
    showing.add_argument("--exit-zero", action="store_true", help="exit 0 even if there are findings")
    return parser


def _money_parser() -> _Parser:
    parser = _parser(
        "money",
        "idem-lint money [PATHS] [options]",
        "List the handlers that move money, marked or not, in a money domain or not, each with the way to the write.",
        help_texts.MONEY,
    )
    _inputs(parser)
    _format(parser, MONEY_FORMATS)
    parser.set_defaults(select=(), ignore=())
    return parser


def _inventory_parser() -> _Parser:
    parser = _parser(
        "inventory",
        "idem-lint inventory [PATHS] [options]",
        "List every handler that answers POST (and every RPC), in a money domain or not, with its mark.",
        help_texts.INVENTORY,
    )
    _inputs(parser)
    _format(parser, INVENTORY_FORMATS)
    parser.set_defaults(select=(), ignore=())
    return parser


def _annotate_parser() -> _Parser:
    parser = _parser(
        "annotate",
        "idem-lint annotate [PATHS] [options]",
        "Mark the unmarked handlers: @money_moving where a write of money is reached, else an opt-out to be reasoned.",
        help_texts.ANNOTATE,
    )
    _inputs(parser)
    group = parser.add_argument_group("changing files")
    _diff(group.add_argument)
    group.add_argument("--only-money", action="store_true", help="write no opt-outs, only @money_moving")
    parser.set_defaults(select=(), ignore=(), output=None)
    return parser


def _init_parser() -> _Parser:
    parser = _parser(
        "init",
        "idem-lint init [FOLDER] [options]",
        "Look at the handlers of a project, and write a commented [tool.idem-lint] section into its pyproject.toml.",
        help_texts.INIT,
    )
    parser.add_argument(
        "folder",
        metavar="FOLDER",
        nargs="?",
        default=".",
        type=_path,
        help="the folder of the pyproject.toml (default: this one)",
    )
    parser.add_argument(
        "--dry-run", "--stdout", action="store_true", help="print the section, write no configuration"
    )
    _cache(parser.add_argument)
    return parser


def _explain_parser() -> _Parser:
    parser = _parser(
        "explain",
        "idem-lint explain CODE",
        "Say what a rule finds, why it matters, and how the code looks wrong and right.",
        help_texts.EXPLAIN,
    )
    parser.add_argument("rule", metavar="CODE", help="a code (IDM003) or a name (ineffective-mark)")
    return parser


def _rules_parser() -> _Parser:
    parser = _parser("rules", "idem-lint rules [options]", "List all rules.", help_texts.RULES)
    _format(parser, RULE_FORMATS)
    return parser


def _inputs(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "paths",
        metavar="PATHS",
        nargs="*",
        default=["."],
        help="files, folders, globs, or - (default: this folder)",
    )
    group = parser.add_argument_group("choosing files")
    group.add_argument("--all-domains", action="store_true", help="treat every module as money code")
    group.add_argument(
        "--exclude",
        metavar="PATTERN",
        action="append",
        default=[],
        help="leave out what matches (gitignore's syntax)",
    )
    group.add_argument(
        "--config", metavar="FILE", type=_path, help="the pyproject.toml to read (default: the nearest)"
    )
    _cache(group.add_argument)
    group.add_argument(
        "--preset", metavar="NAME", type=_preset, help="the words for money: adr007, adr007-extended, money"
    )
    group.add_argument("--stdin-filename", metavar="PATH", help="the file that - stands for")


def _cache(add_argument: Callable[..., object]) -> None:
    add_argument("--no-cache", action="store_true", help="judge anew, and keep no answer in .idem_lint_cache")


def _diff(add_argument: Callable[..., object]) -> None:
    add_argument(
        "--diff", action="store_true", help="write nothing; print what would change, exit 1 if anything"
    )


def _format(parser: argparse.ArgumentParser, allowed: tuple[str, ...]) -> None:
    group = parser.add_argument_group("output")
    group.add_argument(
        "--format",
        metavar="NAME",
        type=_one_of(allowed),
        default=allowed[0],
        help=f"{', '.join(allowed)} (default: {allowed[0]})",
    )
    group.add_argument(
        "--output", metavar="FILE", type=_path, help="write to this file instead of standard output"
    )


class _Extend(argparse.Action):
    """Collects comma-separated lists over several uses of an option."""

    def __call__(
        self,
        _parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        _option: str | None = None,
    ) -> None:
        setattr(namespace, self.dest, (*getattr(namespace, self.dest), *values))


def _one_of(allowed: tuple[str, ...]) -> Callable[[str], str]:
    def convert(text: str) -> str:
        if text in allowed:
            return text
        from idem_lint.settings.config import nearest_spelling

        hint = nearest_spelling(text, allowed)
        raise argparse.ArgumentTypeError(f'found "{text}"; allowed: {", ".join(allowed)}{hint}')

    return convert


def _preset(text: str) -> str:
    from idem_lint.settings.money_words import PRESETS

    return _one_of(tuple(PRESETS))(text)


def _codes(text: str) -> tuple[str, ...]:
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


def _path(text: str) -> Path:
    from pathlib import Path

    return Path(text)


def _date(text: str) -> date:
    from datetime import date

    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f'found "{text}"; allowed: a date, YYYY-MM-DD') from None

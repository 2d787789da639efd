"""What may be said on the command line of ``idem-lint``, and help that teaches it."""

from __future__ import annotations

from idem_lint import __version__
from idem_lint.running import help_texts
from idem_lint.running.option_parsing import (
    Extend,
    Parser,
    add_cache,
    add_config,
    add_diff,
    add_format,
    add_inputs,
    file_path,
    iso_date,
    one_of,
    parser_for,
    rule_codes,
    source_url,
)

TYPE_CHECKING = False
if TYPE_CHECKING:  # Help has to be fast: here and in cli.py nothing is imported before it is needed.
    import argparse
    from collections.abc import Sequence

COMMANDS = (
    "check",
    "inventory",
    "money",
    "why",
    "annotate",
    "baseline",
    "verify",
    "init",
    "explain",
    "rules",
    "server",
)
REPOSITORY_FORMATS = ("sarif", "github", "gitlab")
"""Those that a service reads which shows the repository: their paths begin at its top."""
BASELINE = "idem-baseline.json"
FINDING_FORMATS = ("text", "json", *REPOSITORY_FORMATS)
INVENTORY_FORMATS = ("table", "json", "csv", "markdown", "html")
MONEY_FORMATS = ("text", "json", "markdown")
RULE_FORMATS = ("text", "json", "markdown")


def parse(argv: Sequence[str]) -> tuple[str, argparse.Namespace]:
    """The command (one of ``COMMANDS``) and its options. Raises UsageError; ``--help`` and ``--version`` exit."""
    command = argv[0] if argv and argv[0] in COMMANDS else ""
    parsers = {
        "": _check_parser,
        "check": _check_parser,
        "inventory": _inventory_parser,
        "money": _money_parser,
        "why": _why_parser,
        "annotate": _annotate_parser,
        "baseline": _baseline_parser,
        "verify": _verify_parser,
    }
    others = {
        "init": _init_parser,
        "explain": _explain_parser,
        "rules": _rules_parser,
        "server": _server_parser,
    }
    parser = {**parsers, **others}[command]()
    options = parser.options(argv[1:] if command else argv)
    return command or "check", options


def _check_parser() -> Parser:
    parser = parser_for(
        "",
        "idem-lint [check] [PATHS] [options]",
        "Find every POST handler (and RPC) in money code; say whether its mark is there and takes effect (ADR-007).",
        help_texts.CHECK,
    )
    parser.add_argument("--version", action="version", version=f"idem-lint {__version__}")
    add_inputs(parser)
    add_format(parser, FINDING_FORMATS)
    choosing = parser.add_argument_group("choosing rules")
    choosing.add_argument(
        "--select",
        metavar="CODES",
        type=rule_codes,
        action=Extend,
        default=(),
        help="only these codes or prefixes",
    )
    choosing.add_argument(
        "--ignore",
        metavar="CODES",
        type=rule_codes,
        action=Extend,
        default=(),
        help="not these codes or prefixes",
    )
    choosing.add_argument(
        "--strict-domains",
        action="store_true",
        help="what speaks of money in no domain is a finding (IDM012)",
    )
    choosing.add_argument(
        "--today", metavar="DATE", type=iso_date, help="the day that until= is held against (default: today)"
    )
    changing = parser.add_argument_group("changing files")
    changing.add_argument(
        "--fix", action="store_true", help="mend what takes no judgement (IDM002-IDM004), then check"
    )
    add_diff(changing.add_argument)
    changing.add_argument(
        "--add-noqa", action="store_true", help="silence what is found by comments (# noqa: CODE), then check"
    )
    changing.add_argument(
        "--reason", metavar="TEXT", help="what --add-noqa writes behind the codes: # noqa: CODE -- TEXT"
    )
    known = parser.add_argument_group("what is known, what is new")
    known.add_argument(
        "--baseline", metavar="FILE", type=file_path, help="report only what this file does not list"
    )
    known.add_argument(
        "--since",
        metavar="REV",
        help="report only files changed since REV branched off, and what depends on them",
    )
    known.add_argument(
        "--strict", action="store_true", help="exit 1 where the baseline lists what is not found any more"
    )
    showing = parser.add_argument_group("showing")
    showing.add_argument("--statistics", action="store_true", help="count findings by code (text format)")
    showing.add_argument(
        "--color",
        metavar="WHEN",
        type=one_of(("auto", "always", "never")),
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


def _money_parser() -> Parser:
    parser = parser_for(
        "money",
        "idem-lint money [PATHS] [options]",
        "List the handlers that move money, marked or not, in a money domain or not, each with the way to the write.",
        help_texts.MONEY,
    )
    add_inputs(parser)
    add_format(parser, MONEY_FORMATS)
    parser.set_defaults(select=(), ignore=())
    return parser


def _why_parser() -> Parser:
    parser = parser_for(
        "why",
        "idem-lint why FILE:LINE [PATHS] [options]",
        "Say how each call around a line was resolved, and where the search for writes of money stopped.",
        help_texts.WHY,
    )
    parser.add_argument("place", metavar="FILE:LINE", help="a line of a function, or of one call in it")
    add_inputs(parser)
    parser.set_defaults(select=(), ignore=())
    return parser


def _inventory_parser() -> Parser:
    parser = parser_for(
        "inventory",
        "idem-lint inventory [PATHS] [options]",
        "List every handler that answers POST (and every RPC), in a money domain or not, with its mark.",
        help_texts.INVENTORY,
    )
    add_inputs(parser)
    add_format(parser, INVENTORY_FORMATS)
    page = parser.add_argument_group("the page (html and markdown format)")
    page.add_argument("--title", metavar="TEXT", default="Money inventory", help="what stands on top")
    page.add_argument(
        "--source-url",
        metavar="URL",
        type=source_url,
        help="where the repository shows a line: https://git.example/bank/blob/main/{path}#L{line}",
    )
    page.add_argument(
        "--today", metavar="DATE", type=iso_date, help="say the day, and which opt-outs are over by then"
    )
    parser.add_argument_group("what is new").add_argument(
        "--since",
        metavar="REV",
        help="say what changed since REV branched off (table and markdown format)",
    )
    locking = parser.add_argument_group("a lock file")
    locking.add_argument(
        "--write", metavar="FILE", type=file_path, help="write the handlers into a file to be committed"
    )
    locking.add_argument(
        "--check",
        metavar="FILE",
        type=file_path,
        help="compare with such a file: what is new or different, exit 1",
    )
    parser.set_defaults(select=(), ignore=())
    return parser


def _annotate_parser() -> Parser:
    parser = parser_for(
        "annotate",
        "idem-lint annotate [PATHS] [options]",
        "Mark the unmarked handlers: @money_moving where a write of money is reached, else an opt-out to be reasoned.",
        help_texts.ANNOTATE,
    )
    add_inputs(parser)
    group = parser.add_argument_group("changing files")
    add_diff(group.add_argument)
    group.add_argument("--only-money", action="store_true", help="write no opt-outs, only @money_moving")
    parser.set_defaults(select=(), ignore=(), output=None)
    return parser


def _baseline_parser() -> Parser:
    parser = parser_for(
        "baseline",
        "idem-lint baseline [PATHS] [options]",
        "Write what is found today into a file to be committed, so that check --baseline reports only what is new.",
        help_texts.BASELINE,
    )
    add_inputs(parser)
    group = parser.add_argument_group("the baseline")
    group.add_argument(
        "--output",
        metavar="FILE",
        type=file_path,
        help=f"the file (default: {BASELINE})",
    )
    group.add_argument(
        "--prune", action="store_true", help="add nothing, take out what is not found any more"
    )
    parser.set_defaults(select=(), ignore=(), strict_domains=False, today=None)
    return parser


def _verify_parser() -> Parser:
    parser = parser_for(
        "verify",
        "idem-lint verify MODULE:APP [MODULE:APP …] [options]",
        "Import an application, and hold the routes it serves against the handlers that the linter sees in its files.",
        help_texts.VERIFY,
    )
    parser.add_argument(
        "targets", metavar="MODULE:APP", nargs="+", help="an application, or a function that makes one"
    )
    add_config(parser.add_argument_group("choosing files"))
    importing = parser.add_argument_group("importing")
    importing.add_argument(
        "--python",
        metavar="FILE",
        help="the interpreter that has the application's packages (default: this one)",
    )
    parser.add_argument(
        "--paths", metavar="PATH", action="append", help="where the handlers are (default: this folder)"
    )
    parser.set_defaults(select=(), ignore=(), stdin_filename=None)
    return parser


def _init_parser() -> Parser:
    parser = parser_for(
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
        type=file_path,
        help="the folder of the pyproject.toml (default: this one)",
    )
    parser.add_argument(
        "--dry-run", "--stdout", action="store_true", help="print the section, write no configuration"
    )
    add_cache(parser.add_argument)
    return parser


def _explain_parser() -> Parser:
    parser = parser_for(
        "explain",
        "idem-lint explain CODE",
        "Say what a rule finds, why it matters, and how the code looks wrong and right.",
        help_texts.EXPLAIN,
    )
    parser.add_argument("rule", metavar="CODE", help="a code (IDM003) or a name (ineffective-mark)")
    return parser


def _rules_parser() -> Parser:
    parser = parser_for("rules", "idem-lint rules [options]", "List all rules.", help_texts.RULES)
    add_format(parser, RULE_FORMATS)
    return parser


def _server_parser() -> Parser:
    parser = parser_for(
        "server",
        "idem-lint server [options]",
        "Serve an editor: a language server that speaks LSP on standard input and output.",
        help_texts.SERVER,
    )
    parser.add_argument(
        "--stdio", action="store_true", help="what it does anyway; some editors say it to every server"
    )
    return parser

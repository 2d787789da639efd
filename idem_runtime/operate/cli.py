"""``idem-runtime``: reads the arguments, runs one command, ends with its exit code.

Exit codes: 0 done, 1 something was found or not found, 2 it could not be done, 130 stopped by Ctrl-C.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib.metadata import version

from idem_runtime.errors import ConfigurationError, IdempotencyError
from idem_runtime.operate import cli_options, terminal_output
from idem_runtime.operate.cli_options import Command
from idem_runtime.operate.commands import console, doctor, forget, migrate, purge, resolve, show, stats
from idem_runtime.operate.commands import list as list_records

COMMANDS: dict[str, Command] = {
    command.name: command
    for command in (
        migrate.COMMAND,
        doctor.COMMAND,
        list_records.COMMAND,
        show.COMMAND,
        resolve.COMMAND,
        purge.COMMAND,
        forget.COMMAND,
        stats.COMMAND,
        console.COMMAND,
    )
}
DRIVER = frozenset({"psycopg", "psycopg_pool", "pydantic", "pydantic_settings"})
"""What an environment that was made for the linter alone has not."""
EPILOG = """\
The store is --dsn, else IDEM_DSN, else DATABASE_URL; the other IDEM_* settings of the application count here, too.
Exit codes: 0 done, 1 something was found or not found, 2 it could not be done, 130 stopped by Ctrl-C.
'idem-runtime COMMAND --help' has examples.
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run ``idem-runtime`` with ``argv`` (default: the process's arguments); returns the exit code."""
    arguments = parse(argv)
    if arguments.command is None:
        return 0
    try:
        code = COMMANDS[arguments.command].run(arguments)
        sys.stdout.flush()
    except (ConfigurationError, IdempotencyError) as error:
        terminal_output.print_message(str(error))
        return 2
    except ModuleNotFoundError as error:
        if error.name not in DRIVER:
            raise
        terminal_output.print_message(
            f'{error.name} is not installed, which this command needs: pip install "idem-guard[postgres]"'
        )
        return 2
    except KeyboardInterrupt:
        terminal_output.print_message("stopped")
        return 130
    except BrokenPipeError:  # `idem-runtime list | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return code


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """The arguments; ``command`` is ``None`` where help was printed instead. Exits with 2 where they make no sense."""
    parser, parsers = _parsers()
    arguments, rest = parser.parse_known_args(argv)
    if arguments.command is None:
        parser.print_help()
    elif "names" in arguments and not any(word.startswith("-") for word in rest):
        arguments.names += rest  # what argparse leaves of `show SCOPE --dsn … KEY`
        cli_options.check_record_options(parsers[arguments.command], arguments)
    elif rest:
        parsers[arguments.command].error(f"unrecognized arguments: {' '.join(rest)}")
    return arguments


def _parsers() -> tuple[argparse.ArgumentParser, dict[str, argparse.ArgumentParser]]:
    """The parser of the program, and those of its commands by name."""
    parser = argparse.ArgumentParser(
        prog="idem-runtime",
        description="The idempotency records in your Postgres.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"idem-runtime {version('idem-guard')}")
    below = parser.add_subparsers(dest="command", metavar="COMMAND")
    store = cli_options.store_options()
    parsers: dict[str, argparse.ArgumentParser] = {}
    for name, command in COMMANDS.items():
        parsers[name] = below.add_parser(
            name,
            parents=[store],
            help=command.summary,
            description=command.description,
            epilog=command.epilog,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        command.add_all_options(parsers[name])
    return parser, parsers

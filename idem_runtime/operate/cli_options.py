"""What the commands of ``idem-runtime`` share: what a command is, and the options that choose the store and one record.

The options of one command stand with it, in ``commands/``.
"""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from idem_runtime.errors import ConfigurationError
from idem_runtime.operate import terminal_output
from idem_runtime.operate.record_names import RecordName, find_by_digest, record_name

if TYPE_CHECKING:
    from idem_runtime.drivers.table import Table
    from idem_runtime.operate.admin_connection import Admin
    from idem_runtime.settings import Settings


def _no_options(parser: argparse.ArgumentParser) -> None:
    """For a command that has none of its own."""


@dataclass(frozen=True, slots=True)
class Command:
    """One command of ``idem-runtime``. ``run`` prints, and returns the exit code."""

    name: str
    description: str
    examples: str
    run: Callable[[argparse.Namespace], int]
    add_options: Callable[[argparse.ArgumentParser], None] = _no_options
    """Its own options, beside those of the store."""
    json_keys: str | None = None
    """What ``--format json`` prints; ``None``: it has no such form. Keys are added, never renamed.

    An error (exit code 2) is on standard error, as text.
    """

    @property
    def summary(self) -> str:
        """One line for the list of commands: the description to its first colon, semicolon or full stop."""
        return self.description.partition(":")[0].partition(";")[0].partition(". ")[0].rstrip(".")

    @property
    def epilog(self) -> str:
        """What ``--help`` ends with."""
        keys = "" if self.json_keys is None else f"\n\nkeys of --format json:\n{self.json_keys}"
        return f"examples:\n{self.examples}{keys}"

    def add_all_options(self, parser: argparse.ArgumentParser) -> None:
        """Add ``--format``, where it can print JSON, and its own options."""
        if self.json_keys is not None:
            parser.add_argument(
                "--format",
                choices=["text", "json"],
                default="text",
                help="json: for programs (default: text)",
            )
        self.add_options(parser)


def store_options() -> argparse.ArgumentParser:
    """``--dsn``, ``--schema`` and ``--table``, which every command has."""
    store = argparse.ArgumentParser(add_help=False)
    store.add_argument("--dsn", help="connection string; default: IDEM_DSN, then DATABASE_URL")
    store.add_argument(
        "--schema", help="schema of the table; default: IDEM_SCHEMA_NAME, then the search path's first"
    )
    store.add_argument("--table", help="name of the table; default: IDEM_TABLE, then idempotency_records")
    return store


def settings_of(arguments: argparse.Namespace) -> Settings:
    """The application's settings, with the store that the options name."""
    from idem_runtime import settings

    return settings.load(dsn=arguments.dsn, schema_name=arguments.schema, table=arguments.table)


def table_of(settings: Settings) -> Table:
    """The table of the records."""
    from idem_runtime.drivers.table import Table

    return Table(settings.table, settings.schema_name)


def connect(arguments: argparse.Namespace) -> Admin:
    """A connection to the store.

    :raises ConfigurationError: no store is named. :raises StoreUnavailable: its server cannot be reached.
    """
    from idem_runtime.operate.admin_connection import Admin

    settings = settings_of(arguments)
    if settings.dsn is None or not settings.dsn.get_secret_value():
        raise ConfigurationError("no store: give --dsn, or set IDEM_DSN or DATABASE_URL")
    return Admin(settings.dsn.get_secret_value(), table_of(settings))


def table_options_text(arguments: argparse.Namespace) -> str:
    """The options that chose the table, for a command that is to be pasted; never the DSN, which has a password."""
    given = {"--schema": arguments.schema, "--table": arguments.table}
    return "".join(f" {name} {shlex.quote(value)}" for name, value in given.items() if value is not None)


def add_record_options(parser: argparse.ArgumentParser) -> None:
    """What names one record: scope and key, or key with principal and operation, or digest."""
    parser.add_argument(
        "names",
        nargs="*",
        metavar="SCOPE KEY",
        help="scope as in the table, with lengths: '5:alice22:POST /wallet/transfers'; or KEY alone, with --principal and "
        "--operation",
    )
    parser.add_argument("--principal", help="who asked: a tenant's or actor's id")
    parser.add_argument(
        "--operation", help="what for: 'POST /wallet/transfers', or the name given in the mark"
    )
    parser.add_argument("--digest", help="instead of scope and key: twelve digits from a log line")


def check_record_options(parser: argparse.ArgumentParser, arguments: argparse.Namespace) -> None:
    """Exit with 2 where the options do not name exactly one record."""
    both = arguments.principal is not None and arguments.operation is not None
    neither = arguments.principal is None and arguments.operation is None
    wanted = 0 if arguments.digest else 1 if both else 2
    if (not both and not neither) or (arguments.digest and not neither) or len(arguments.names) != wanted:
        parser.error(
            "name one record: SCOPE KEY, or KEY --principal P --operation O, or --digest D (quote a scope: it has a space)"
        )


def named_record(arguments: argparse.Namespace, admin: Admin) -> RecordName:
    """The record that the options name.

    :raises ConfigurationError: none, or more than one, has the digest.
    """
    if arguments.digest:
        return _record_with_digest(arguments.digest, admin)
    if arguments.principal is not None:
        return record_name(arguments.principal, arguments.operation, arguments.names[0])
    return RecordName(*arguments.names)


def _record_with_digest(digest: str, admin: Admin) -> RecordName:
    records = find_by_digest(admin, digest.strip().lower())
    if len(records) != 1:
        lines = "".join(f"\n  {terminal_output.printable(record.scope)} {record.key}" for record in records)
        raise ConfigurationError(f"{len(records)} records have the digest {digest}{lines}")
    return records[0]


def positive_integer(text: str) -> int:
    """For an option that takes a number of 1 or more."""
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of 1 or more")
    return number


def not_blank(text: str) -> str:
    """For an option that others will have to go by."""
    if not text.strip():
        raise argparse.ArgumentTypeError("is empty, and is what others will have to go by")
    return text

"""``idem-runtime migrate``: create the table of the records and that of the decisions, or print the migration."""

from __future__ import annotations

import argparse

from idem_runtime.errors import ConfigurationError
from idem_runtime.operate import cli_options, terminal_output
from idem_runtime.operate.cli_options import Command

FEWEST, MOST = 2, 1024
"""Partitions: each costs every backend some memory and every plan some time."""
EXAMPLES = """\
  idem-runtime migrate --dsn postgresql://localhost/bank
  idem-runtime migrate --partitions 16                     # a new table, for many records a second
  idem-runtime migrate --format flyway --from 1 > V9__idempotency_records.sql    # an upgrade
  idem-runtime migrate --format flyway > V7__idempotency_records.sql
  idem-runtime migrate --format flyway --six-columns --schema aml > V8__idempotency_records.sql    # for Powertools layers
  idem-runtime migrate --format alembic > migrations/versions/idempotency_records.py    # beside alembic.ini
  idem-runtime migrate --format alembic -c billing/alembic.ini --head billing@head"""


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--format", choices=["sql", "flyway", "alembic"], help="print the migration, change nothing"
    )
    parser.add_argument(
        "--partitions",
        type=cli_options.positive_integer,
        metavar="N",
        help=f"a new table gets so many hash partitions, {FEWEST} to {MOST}",
    )
    parser.add_argument(
        "--from",
        type=cli_options.positive_integer,
        metavar="VERSION",
        dest="from_version",
        help="with --format: print the upgrade from an earlier schema, as idem-runtime doctor names it",
    )
    parser.add_argument(
        "--six-columns",
        action="store_true",
        help="with --format flyway and --schema: the table of six columns that Powertools' persistence layers share",
    )
    parser.add_argument(
        "-c",
        "--alembic-ini",
        metavar="FILE",
        help="with --format alembic: whose revisions this one follows; default: ALEMBIC_CONFIG, then alembic.ini or "
        "pyproject.toml here",
    )
    parser.add_argument(
        "--head",
        metavar="REVISION",
        help="with --format alembic: the revision that it follows, of several heads",
    )


def _run(arguments: argparse.Namespace) -> int:
    from idem_runtime.operate import migration

    _check_versions(arguments)
    if arguments.six_columns:
        return _print_six_columns(arguments)
    if arguments.format == "alembic":
        return _print_revision(arguments)
    if arguments.alembic_ini is not None or arguments.head is not None:
        raise ConfigurationError("--alembic-ini and --head are for --format alembic")
    if arguments.format is not None:
        table = cli_options.table_of(cli_options.settings_of(arguments))
        versions = {"partitions": arguments.partitions, "from_version": arguments.from_version}
        terminal_output.print_text(migration.script(table, arguments.format, **versions))
        return 0
    with cli_options.connect(arguments) as admin:
        terminal_output.print_lines([migration.migrate(admin, partitions=arguments.partitions)])
    return 0


def _check_versions(arguments: argparse.Namespace) -> None:
    partitions, from_version = arguments.partitions, arguments.from_version
    if partitions is not None and not FEWEST <= partitions <= MOST:
        raise ConfigurationError(f"--partitions {partitions}: {FEWEST} to {MOST}")
    if from_version is not None and (arguments.format is None or partitions is not None):
        raise ConfigurationError(
            "--from is for --format, without --partitions: migrate itself sees which schema there is"
        )
    if arguments.six_columns and (partitions is not None or from_version is not None):
        raise ConfigurationError("--six-columns has neither versions nor partitions")


def _print_six_columns(arguments: argparse.Namespace) -> int:
    from idem_runtime.drivers.six_columns import flyway_migration

    settings = cli_options.settings_of(arguments)
    of_others = [arguments.table, arguments.alembic_ini, arguments.head]
    if arguments.format != "flyway" or not settings.schema_name or any(of_others):
        raise ConfigurationError(
            "--six-columns is for --format flyway with --schema (its table is idempotency_records, so without --table, and "
            "without Alembic's options)"
        )
    terminal_output.print_text(flyway_migration(settings.schema_name))
    return 0


def _print_revision(arguments: argparse.Namespace) -> int:
    from idem_runtime.operate import alembic_heads, alembic_revision

    table = cli_options.table_of(cli_options.settings_of(arguments))
    parent = alembic_heads.parent_revision(table, ini=arguments.alembic_ini, head=arguments.head)
    versions = {"partitions": arguments.partitions, "from_version": arguments.from_version}
    terminal_output.print_text(alembic_revision.script(table, parent.revision, **versions))
    terminal_output.print_message(parent.explanation)
    return 0


COMMAND = Command(
    name="migrate",
    description="Create the table of the records and that of the decisions, or upgrade it while the application runs; "
    "safe to run twice. A table of the same name that another program made is never altered.",
    examples=EXAMPLES,
    add_options=_add_options,
    run=_run,
)

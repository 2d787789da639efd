"""``idem-runtime``: arguments in, exit code out. The only place of this package that prints.

Exit codes: 0 done, 1 something was found or not found, 2 it could not be done.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from importlib.metadata import version
from typing import TYPE_CHECKING

from idem_runtime.errors import ConfigurationError, IdempotencyError

if TYPE_CHECKING:
    from idem_runtime.drivers.admin import Admin
    from idem_runtime.drivers.pools import Table


def main(argv: Sequence[str] | None = None) -> int:
    """Run ``idem-runtime`` with ``argv`` (default: the process's arguments); returns the exit code."""
    parser = _parser()
    arguments = parser.parse_args(argv)
    if arguments.command is None:
        parser.print_help()
        return 0
    try:
        return int(arguments.run(arguments))
    except (ConfigurationError, IdempotencyError) as error:
        print(f"idem-runtime: {error}", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="idem-runtime", description="The idempotency records in your Postgres."
    )
    parser.add_argument("--version", action="version", version=f"idem-runtime {version('idem-guard')}")
    store = argparse.ArgumentParser(add_help=False)
    store.add_argument("--dsn", help="connection string; default: IDEM_DSN, then DATABASE_URL")
    store.add_argument(
        "--schema", help="schema of the table; default: IDEM_SCHEMA_NAME, then the search path's first"
    )
    store.add_argument("--table", help="name of the table; default: IDEM_TABLE, then idempotency_records")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    migrate = commands.add_parser("migrate", parents=[store], help="create the table; safe to run twice")
    migrate.add_argument(
        "--format", choices=["sql", "flyway", "alembic"], help="print the migration, change nothing"
    )
    migrate.set_defaults(run=_migrate)
    commands.add_parser(
        "doctor", parents=[store], help="find what is wrong, and say what to do"
    ).set_defaults(run=_doctor)
    show = commands.add_parser("show", parents=[store], help="what is known of one key")
    show.set_defaults(run=_show)
    resolve = commands.add_parser("resolve", parents=[store], help="decide about an UNKNOWN record")
    resolve.set_defaults(run=_resolve)
    for command in (show, resolve):
        command.add_argument(
            "scope", help="length-prefixed, as in the table: 5:alice22:POST /wallet/transfers"
        )
        command.add_argument("key")
    verdict = resolve.add_mutually_exclusive_group(required=True)
    verdict.add_argument(
        "--executed", action="store_true", help="the money moved: callers get --status and --body"
    )
    verdict.add_argument("--not-executed", action="store_true", help="nothing happened: the key is free")
    resolve.add_argument("--by", required=True, help="who decides; recorded")
    resolve.add_argument("--why", required=True, help="how it is known; recorded")
    resolve.add_argument("--status", type=int, default=200, help="status of the answer (default: 200)")
    resolve.add_argument("--body", default="{}", help="JSON body of the answer (default: {})")
    purge = commands.add_parser("purge", parents=[store], help="remove expired records; never an unknown one")
    purge.add_argument(
        "--batch", type=_positive, default=1000, help="records per transaction (default: 1000)"
    )
    purge.add_argument("--dry-run", action="store_true", help="only count them")
    purge.set_defaults(run=_purge)
    commands.add_parser("stats", parents=[store], help="how many records there are").set_defaults(run=_stats)
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("1 or more")
    return number


def _table(arguments: argparse.Namespace) -> tuple[str | None, Table]:
    from idem_runtime import settings
    from idem_runtime.drivers.pools import Table

    found = settings.load(dsn=arguments.dsn, schema_name=arguments.schema, table=arguments.table)
    return None if found.dsn is None else found.dsn.get_secret_value(), Table(found.table, found.schema_name)


def _admin(arguments: argparse.Namespace) -> Admin:
    from idem_runtime.drivers.admin import Admin

    dsn, table = _table(arguments)
    if not dsn:
        raise ConfigurationError("no store: give --dsn, or set IDEM_DSN or DATABASE_URL")
    return Admin(dsn, table)


def _migrate(arguments: argparse.Namespace) -> int:
    from idem_runtime import maintenance

    if arguments.format is not None:
        print(maintenance.script(_table(arguments)[1], arguments.format), end="")
        return 0
    with _admin(arguments) as admin:
        print(maintenance.migrate(admin))
    return 0


def _doctor(arguments: argparse.Namespace) -> int:
    from idem_runtime import maintenance

    with _admin(arguments) as admin:
        found = list(maintenance.problems(admin, local_clock=time.time()))
        for problem in found:
            print(f"problem: {problem.what}\n remedy: {problem.remedy}")
        if not found:
            between = (
                "through a transaction pooler" if maintenance.pooled(admin) else "on a connection of its own"
            )
            print(f"{admin.table.quoted} is well, {between}")
    return 1 if found else 0


def _show(arguments: argparse.Namespace) -> int:
    with _admin(arguments) as admin:
        asked = {"scope": arguments.scope, "key": arguments.key}
        record, decisions = admin.row("show", **asked), admin.rows("decisions", **asked)
    if record is None and not decisions:
        print("no record: this key is free")
        return 1
    for name, value in (record or {"state": "free"}).items():
        if value is not None and name != "status":
            print(f"{name:20} {value}")
    for each in decisions:
        print(f"{each['decided_at']} {each['verdict']} by {each['decided_by']}: {each['reason']}")
    return 0


def _resolve(arguments: argparse.Namespace) -> int:
    from idem_runtime import maintenance

    who = {"who": arguments.by, "why": arguments.why}
    with _admin(arguments) as admin:
        if arguments.executed:
            answer = {"status": arguments.status, "body": arguments.body.encode()}
            done = maintenance.resolve_executed(admin, arguments.scope, arguments.key, **who, **answer)
        else:
            done = maintenance.resolve_not_executed(admin, arguments.scope, arguments.key, **who)
    print("resolved" if done else "not UNKNOWN: nothing to resolve (idem-runtime show says what it is)")
    return 0 if done else 1


def _purge(arguments: argparse.Namespace) -> int:
    from idem_runtime import maintenance

    with _admin(arguments) as admin:
        if arguments.dry_run:
            print(f"{(admin.row('purgeable') or {})['records']} records would be removed")
            return 0
        gone = 0
        for gone in maintenance.purge(admin, arguments.batch):
            print(f"{gone} removed", file=sys.stderr)
        print(f"{gone} records removed")
    return 0


def _stats(arguments: argparse.Namespace) -> int:
    with _admin(arguments) as admin:
        for name, value in (admin.row("stats", table=admin.table.quoted) or {}).items():
            print(f"{name:12} {value}")
    return 0

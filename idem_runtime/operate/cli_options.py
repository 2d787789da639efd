"""The arguments of ``idem-runtime``: what each command takes, with an example."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from importlib.metadata import version

EPILOG = """\
The store is --dsn, else IDEM_DSN, else DATABASE_URL; the other IDEM_* settings of the application count here, too.
Exit codes: 0 done, 1 something was found or not found, 2 it could not be done, 130 stopped by Ctrl-C.
'idem-runtime COMMAND --help' has examples.
"""

EXAMPLES = {
    "migrate": """\
  idem-runtime migrate --dsn postgresql://localhost/bank
  idem-runtime migrate --format flyway > V7__idempotency_records.sql
  idem-runtime migrate --format alembic > migrations/versions/idempotency_records.py    # beside alembic.ini
  idem-runtime migrate --format alembic -c billing/alembic.ini --head billing@head""",
    "doctor": """\
  idem-runtime doctor && echo well
  idem-runtime doctor --format json | jq '.findings[] | select(.level == "problem")'""",
    "list": """\
  idem-runtime list --unknown            # what somebody has to decide about, oldest first
  idem-runtime list --unknown --fail     # for a monitor: exit code 1 if there is something
  idem-runtime list --in-progress --limit 100""",
    "show": """\
  idem-runtime show '5:alice22:POST /wallet/transfers' 8e03978e
  idem-runtime show 8e03978e --principal alice --operation 'POST /wallet/transfers'
  idem-runtime show --digest 3f29c1d07a5e        # as a log line names it""",
    "resolve": """\
  The bank's report has the transfer: retries get this answer.
    idem-runtime resolve 8e03978e --principal alice --operation 'POST /wallet/transfers' \\
        --executed --status 201 --body '{"id": 7}' --by ann --why 'in the report of 12 May'
  It does not: the key is free, and a retry executes.
    idem-runtime resolve 8e03978e --principal alice --operation 'POST /wallet/transfers' \\
        --not-executed --by ann --why 'not in the report of 12 May'
  A plain function: --body is the value that it would have returned.
    idem-runtime resolve job-7 --principal alice --operation settle \\
        --executed --body 7 --by ann --why 'seen in the ledger'""",
    "purge": """\
  idem-runtime purge --dry-run
  idem-runtime purge --batch 5000        # hourly, from cron""",
    "stats": """\
  idem-runtime stats
  idem-runtime stats --format json | jq .unknown""",
}
JSON_KEYS = {
    "doctor": """\
  table, problems (how many)
  findings: about, what, level (ok, note, problem), remedy (or null)""",
    "list": """\
  records: age_seconds, state (INPROGRESS, UNKNOWN), principal, operation (null where another program wrote the scope),
      scope, key, digest
  more (whether there are more than --limit)""",
    "show": """\
  principal, operation, scope, key, digest
  state (COMPLETED, LOST, EXPIRED, INPROGRESS, UNKNOWN, free), meaning (what a retry gets)
  fingerprint, attempt
  answer (or null): status, body_bytes, body_sha256
  created_at, completed_at, expires_at, lease_ends_at, now (RFC 3339 in UTC; null where there is none, or never)
  given_up (marked unknown by the program that ran it)
  decisions: verdict, decided_by, reason, decided_at
  elsewhere (of a key that is free: other scopes that have it)""",
    "stats": "  table, completed, expired, in_progress, unknown, oldest_unknown_seconds (or null), bytes",
}
"""What ``--format json`` prints; keys are added, never renamed. An error (exit code 2) is on standard error, as text."""
DESCRIPTIONS = {
    "migrate": "Create the table of the records and that of the decisions; safe to run twice. A table of the same name that "
    "another program made is never altered.",
    "doctor": "Look at the server, the pooler, the clock, the table, the permissions and the retention; each problem with "
    "its remedy. Changes nothing.",
    "list": "The records without an answer, oldest first: unknown and in progress, unless one of them is asked for.",
    "show": "What is known of one record, as a timeline. Nothing of what was asked or answered: sizes and digests only.",
    "resolve": "Decide about an UNKNOWN record: find out first what happened, then say so. Who and why are recorded.",
    "purge": "Remove answers that are past their retention, a batch to a transaction; never what is unknown or in progress.",
    "stats": "How many records there are, of which state, and how large the table is.",
}


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """The arguments; ``command`` is ``None`` where help was printed instead. Exits with 2 where they make no sense."""
    parser, commands = _parser()
    found, rest = parser.parse_known_args(argv)
    if found.command is None:
        parser.print_help()
    elif "names" in found and not any(each.startswith("-") for each in rest):
        found.names += rest  # what argparse leaves of `show SCOPE --dsn … KEY`
        _named(commands[found.command], found)
    elif rest:
        commands[found.command].error(f"unrecognized arguments: {' '.join(rest)}")
    return found


def _named(parser: argparse.ArgumentParser, found: argparse.Namespace) -> None:
    both = found.principal is not None and found.operation is not None
    neither = found.principal is None and found.operation is None
    wanted = 0 if found.digest else 1 if both else 2
    if (not both and not neither) or (found.digest and not neither) or len(found.names) != wanted:
        parser.error(
            "name one record: SCOPE KEY, or KEY --principal P --operation O, or --digest D (quote a scope: it has a space)"
        )


def _parser() -> tuple[argparse.ArgumentParser, dict[str, argparse.ArgumentParser]]:
    parser = argparse.ArgumentParser(
        prog="idem-runtime",
        description="The idempotency records in your Postgres.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"idem-runtime {version('idem-guard')}")
    under = parser.add_subparsers(dest="command", metavar="COMMAND")
    store = _store()
    commands = {
        name: under.add_parser(
            name,
            parents=[store],
            help=description.partition(":")[0].partition(";")[0].partition(". ")[0].rstrip("."),
            description=description,
            epilog=_epilog(name),
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        for name, description in DESCRIPTIONS.items()
    }
    _migrate(commands["migrate"])
    for name in JSON_KEYS:
        commands[name].add_argument(
            "--format", choices=["text", "json"], default="text", help="json: for programs (default: text)"
        )
    _list(commands["list"])
    for name in ("show", "resolve"):
        _record(commands[name])
    _verdict(commands["resolve"])
    purge = commands["purge"]
    purge.add_argument(
        "--batch", type=_positive, default=1000, help="records per transaction (default: 1000)"
    )
    purge.add_argument("--dry-run", action="store_true", help="only count them")
    return parser, commands


def _epilog(command: str) -> str:
    keys = f"\n\nkeys of --format json:\n{JSON_KEYS[command]}" if command in JSON_KEYS else ""
    return f"examples:\n{EXAMPLES[command]}{keys}"


def _migrate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--format", choices=["sql", "flyway", "alembic"], help="print the migration, change nothing"
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


def _store() -> argparse.ArgumentParser:
    store = argparse.ArgumentParser(add_help=False)
    store.add_argument("--dsn", help="connection string; default: IDEM_DSN, then DATABASE_URL")
    store.add_argument(
        "--schema", help="schema of the table; default: IDEM_SCHEMA_NAME, then the search path's first"
    )
    store.add_argument("--table", help="name of the table; default: IDEM_TABLE, then idempotency_records")
    return store


def _list(parser: argparse.ArgumentParser) -> None:
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--unknown", action="store_true", help="only what somebody has to decide about")
    which.add_argument("--in-progress", action="store_true", help="only what is running")
    parser.add_argument("--fail", action="store_true", help="exit code 1 if anything is listed")
    parser.add_argument("--limit", type=_positive, default=50, help="how many at most (default: 50)")


def _record(parser: argparse.ArgumentParser) -> None:
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


def _verdict(parser: argparse.ArgumentParser) -> None:
    verdict = parser.add_mutually_exclusive_group(required=True)
    verdict.add_argument(
        "--executed", action="store_true", help="it happened: retries get --status and --body"
    )
    verdict.add_argument("--not-executed", action="store_true", help="nothing happened: the key is free")
    parser.add_argument("--by", required=True, type=_said, help="who decides; recorded")
    parser.add_argument("--why", required=True, type=_said, help="how it is known; recorded")
    parser.add_argument("--status", type=int, default=200, help="of the answer, 200 to 499 (default: 200)")
    parser.add_argument("--body", help="of the answer, JSON; required with --executed")


def _said(text: str) -> str:
    if not text.strip():
        raise argparse.ArgumentTypeError("is empty, and is what others will have to go by")
    return text


def _positive(text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of 1 or more")
    return number

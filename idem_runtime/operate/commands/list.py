"""``idem-runtime list``: the records without an answer, oldest first."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from idem_runtime.operate import cli_options, json_output, terminal_output
from idem_runtime.operate.cli_options import Command
from idem_runtime.operate.record_names import RecordName, parts_of_scope

DEFAULT_LIMIT = 50
HEADINGS = ("AGE", "STATE", "PRINCIPAL", "OPERATION", "KEY", "DIGEST")
EXAMPLES = """\
  idem-runtime list --unknown            # what somebody has to decide about, oldest first
  idem-runtime list --unknown --fail     # for a monitor: exit code 1 if there is something
  idem-runtime list --in-progress --limit 100"""
JSON_KEYS = """\
  records: age_seconds, state (INPROGRESS, UNKNOWN), principal, operation (null where another program wrote the scope),
      scope, key, digest
  more (whether there are more than --limit)"""


def _add_options(parser: argparse.ArgumentParser) -> None:
    states = parser.add_mutually_exclusive_group()
    states.add_argument("--unknown", action="store_true", help="only what somebody has to decide about")
    states.add_argument("--in-progress", action="store_true", help="only what is running")
    parser.add_argument("--fail", action="store_true", help="exit code 1 if anything is listed")
    parser.add_argument(
        "--limit",
        type=cli_options.positive_integer,
        default=DEFAULT_LIMIT,
        help=f"how many at most (default: {DEFAULT_LIMIT})",
    )


def _run(arguments: argparse.Namespace) -> int:
    lease_states = [
        running
        for running, left_out in ((True, arguments.unknown), (False, arguments.in_progress))
        if not left_out
    ]
    with cli_options.connect(arguments) as admin:
        rows = admin.rows("unanswered", alive=lease_states, limit=arguments.limit + 1)
    if arguments.format == "json":
        terminal_output.print_json(_document(rows, arguments.limit))
    else:
        terminal_output.print_lines(_lines(rows, arguments))
    return 1 if rows and arguments.fail else 0


def _lines(rows: Sequence[Mapping[str, Any]], arguments: argparse.Namespace) -> Iterator[str]:
    """``rows``: one more than ``--limit`` where there are more."""
    if not rows:
        yield "none"
        return
    yield from terminal_output.table(HEADINGS, map(_cells, rows[: arguments.limit]))
    if len(rows) > arguments.limit:
        yield f"… and more: --limit {arguments.limit * 10}"
    yield f"\nOne of them: idem-runtime show --digest DIGEST{cli_options.table_options_text(arguments)}"


def _cells(row: Mapping[str, Any]) -> tuple[str, ...]:
    name = RecordName(row["scope"], row["key"])
    principal, operation = parts_of_scope(name.scope) or ("?", name.scope)
    return (
        terminal_output.duration(row["age"]),
        row["state"],
        principal,
        operation,
        name.key,
        name.digest,
    )


def _document(rows: Sequence[Mapping[str, Any]], limit: int) -> json_output.Document:
    records = [
        {
            "age_seconds": row["age"],
            "state": row["state"],
            **json_output.name_document(RecordName(row["scope"], row["key"])),
        }
        for row in rows[:limit]
    ]
    return {"records": records, "more": len(rows) > limit}


COMMAND = Command(
    name="list",
    description="The records without an answer, oldest first: unknown and in progress, unless one of them is asked for.",
    examples=EXAMPLES,
    json_keys=JSON_KEYS,
    add_options=_add_options,
    run=_run,
)

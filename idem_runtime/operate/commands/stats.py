"""``idem-runtime stats``: how many records there are in each state, and how large the table is."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from typing import Any

from idem_runtime.operate import cli_options, terminal_output
from idem_runtime.operate.cli_options import Command
from idem_runtime.operate.json_output import Document

STATES = ("completed", "expired", "in_progress", "unknown")
EXAMPLES = """\
  idem-runtime stats
  idem-runtime stats --format json | jq .unknown"""
JSON_KEYS = "  table, completed, expired, in_progress, unknown, oldest_unknown_seconds (or null), bytes"


def _run(arguments: argparse.Namespace) -> int:
    with cli_options.connect(arguments) as admin:
        counts = admin.row("stats", table=admin.table.quoted) or {}
    if arguments.format == "json":
        terminal_output.print_json(_document(admin.table.quoted, counts))
    else:
        terminal_output.print_lines(_lines(counts, cli_options.table_options_text(arguments)))
    return 0


def _lines(counts: Mapping[str, Any], table_options: str) -> Iterator[str]:
    commands = {
        "expired": f"idem-runtime purge{table_options}",
        "unknown": f"idem-runtime list --unknown{table_options}",
    }
    for state in STATES:
        hint = f"   {commands[state]}" if counts[state] and state in commands else ""
        yield f"{state:12} {counts[state]:>12}{hint}"
    if counts["oldest"] is not None:
        yield f"{'oldest unknown':14} {terminal_output.duration(counts['oldest']):>10}"
    yield f"{'size':12} {terminal_output.size(counts['bytes']):>12}"


def _document(table: str, counts: Mapping[str, Any]) -> Document:
    return {
        "table": table,
        **{state: counts[state] for state in STATES},
        "oldest_unknown_seconds": counts["oldest"],
        "bytes": counts["bytes"],
    }


COMMAND = Command(
    name="stats",
    description="How many records there are, of which state, and how large the table is.",
    examples=EXAMPLES,
    json_keys=JSON_KEYS,
    run=_run,
)

"""``idem-runtime purge``: remove expired records, a batch to a transaction (docs/decisions.md#retention)."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING

from idem_runtime.errors import ConfigurationError, IdempotencyError
from idem_runtime.operate import cli_options, terminal_output
from idem_runtime.operate.cli_options import Command

if TYPE_CHECKING:
    from idem_runtime.operate.admin_connection import Admin

DEFAULT_BATCH = 1000
EXAMPLES = """\
  idem-runtime purge --dry-run
  idem-runtime purge --batch 5000        # hourly, from cron"""


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--batch",
        type=cli_options.positive_integer,
        default=DEFAULT_BATCH,
        help=f"records per transaction (default: {DEFAULT_BATCH})",
    )
    parser.add_argument("--dry-run", action="store_true", help="only count them")


def _run(arguments: argparse.Namespace) -> int:
    with cli_options.connect(arguments) as admin:
        expired = (admin.row("by_index+purgeable") or {})["records"]
        if arguments.dry_run:
            terminal_output.print_lines([f"{expired} records would be removed"])
            return 0
        return _purge(admin, arguments.batch, expired)


def _purge(admin: Admin, batch: int, expired: int) -> int:
    """Remove them and print how far it is; ``expired``: how many there were when it began. Returns the exit code."""
    total = 0
    try:
        for total in _totals(admin, batch):
            terminal_output.print_progress(f"{total:,} of {max(expired, total):,} removed")
    except KeyboardInterrupt:
        terminal_output.print_message(f"stopped; {total} records are removed, the rest is for the next run")
        return 130
    except (ConfigurationError, IdempotencyError) as error:
        terminal_output.print_message(f"{error}\n {total} records are removed, the rest is for the next run")
        return 2
    terminal_output.print_lines([f"{total} records removed"])
    return 0


def _totals(admin: Admin, batch: int) -> Iterator[int]:
    """Remove one batch after the other; yields how many are removed so far. Never INPROGRESS or UNKNOWN."""
    total = 0
    while removed := admin.count("by_index+purge", batch=batch):
        total += removed
        yield total


COMMAND = Command(
    name="purge",
    description="Remove answers that are past their retention, a batch to a transaction; never what is unknown or in "
    "progress.",
    examples=EXAMPLES,
    add_options=_add_options,
    run=_run,
)

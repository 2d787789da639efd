"""``idem-runtime resolve``: a person says what became of an UNKNOWN record (docs/decisions.md#unknown)."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING

from idem_runtime.errors import ConfigurationError
from idem_runtime.operate import cli_options, missing_record, resolution, terminal_output
from idem_runtime.operate.cli_options import Command
from idem_runtime.operate.record_names import RecordName, is_http, same_key_elsewhere
from idem_runtime.operate.record_states import MEANINGS, state_of

if TYPE_CHECKING:
    from idem_runtime.operate.admin_connection import Admin

EXAMPLES = """\
  The bank's report has the transfer: retries get this answer.
    idem-runtime resolve 8e03978e --principal alice --operation 'POST /wallet/transfers' \\
        --executed --status 201 --body '{"id": 7}' --by ann --why 'in the report of 12 May'
  It does not: the key is free, and a retry executes.
    idem-runtime resolve 8e03978e --principal alice --operation 'POST /wallet/transfers' \\
        --not-executed --by ann --why 'not in the report of 12 May'
  A plain function: --body is the value that it would have returned.
    idem-runtime resolve job-7 --principal alice --operation settle \\
        --executed --body 7 --by ann --why 'seen in the ledger'"""


def _add_options(parser: argparse.ArgumentParser) -> None:
    cli_options.add_record_options(parser)
    verdict = parser.add_mutually_exclusive_group(required=True)
    verdict.add_argument(
        "--executed", action="store_true", help="it happened: retries get --status and --body"
    )
    verdict.add_argument("--not-executed", action="store_true", help="nothing happened: the key is free")
    parser.add_argument("--by", required=True, type=cli_options.not_blank, help="who decides; recorded")
    parser.add_argument("--why", required=True, type=cli_options.not_blank, help="how it is known; recorded")
    parser.add_argument(
        "--status",
        type=int,
        default=resolution.DEFAULT_STATUS,
        help=f"of the answer, 200 to 499 (default: {resolution.DEFAULT_STATUS})",
    )
    parser.add_argument("--body", help="of the answer, JSON; required with --executed")


def _run(arguments: argparse.Namespace) -> int:
    executed = _answer(arguments) if arguments.executed else None
    decision = resolution.Decision(executed, arguments.by, arguments.why)
    retention = cli_options.settings_of(arguments).retention.total_seconds()
    with cli_options.connect(arguments) as admin:
        name = cli_options.named_record(arguments, admin)
        if not resolution.record(admin, name, decision, retention=retention):
            return _report_not_unknown(admin, name, cli_options.table_options_text(arguments))
    terminal_output.print_lines(_consequences(arguments, name, retention))
    return 0


def _answer(arguments: argparse.Namespace) -> resolution.Executed:
    if arguments.body is None and arguments.status not in resolution.WITHOUT_BODY:
        raise ConfigurationError(
            "--executed needs --body: every retry gets it, as JSON, in place of the answer that was lost. For a plain "
            "function it is the value that it would have returned (null for None)"
        )
    try:
        return resolution.executed(arguments.status, arguments.body or "")
    except ConfigurationError as error:
        raise ConfigurationError(f"--{error}; mind the shell's quotes") from None


def _report_not_unknown(admin: Admin, name: RecordName, table_options: str) -> int:
    record = admin.row("show", scope=name.scope, key=name.key)
    if record is None:
        return missing_record.report(name, same_key_elsewhere(admin, name), table_options)
    state = state_of(record)
    meaning = MEANINGS.get(state, "not a state of ours")
    terminal_output.print_lines([f"nothing to resolve: it is {state}, not UNKNOWN ({meaning})"])
    return 1


def _consequences(arguments: argparse.Namespace, name: RecordName, retention: float) -> Iterator[str]:
    """What a retry gets from now on."""
    yield "resolved"
    if arguments.not_executed:
        yield "The key is free: a retry executes."
        return
    until = f"for {terminal_output.duration(retention)}"
    if is_http(name.scope):
        yield f"A retry gets status {arguments.status} and this body, {until}: {arguments.body or '(none)'}"
        return
    yield f"A retry gets {arguments.body or '(nothing)'}, {until}; a function reads it by its return annotation."
    yield "A body that does not fit that type is an error for the caller; nothing is executed again."


COMMAND = Command(
    name="resolve",
    description="Decide about an UNKNOWN record: find out first what happened, then say so. Who and why are recorded.",
    examples=EXAMPLES,
    add_options=_add_options,
    run=_run,
)

"""``idem-runtime forget``: delete what a principal has asked and was answered (docs/privacy.md)."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from idem_runtime.operate import cli_options, terminal_output
from idem_runtime.operate.cli_options import Command

EXAMPLES = """\
  idem-runtime forget --principal alice --dry-run --by ann --why 'request 4711, GDPR article 17'
  idem-runtime forget --principal alice --by ann --why 'request 4711, GDPR article 17'"""


def _add_options(parser: argparse.ArgumentParser) -> None:
    from idem_runtime.operate.forgetting import BATCH

    parser.add_argument("--principal", required=True, type=cli_options.not_blank, help="whose answers go")
    parser.add_argument("--by", required=True, type=cli_options.not_blank, help="who decides; recorded")
    parser.add_argument("--why", required=True, type=cli_options.not_blank, help="on whose request; recorded")
    parser.add_argument(
        "--batch",
        type=cli_options.positive_integer,
        default=BATCH,
        help=f"records per transaction (default: {BATCH})",
    )
    parser.add_argument("--dry-run", action="store_true", help="only count them")


def _run(arguments: argparse.Namespace) -> int:
    from idem_runtime.operate import forgetting

    who = {"by": arguments.by, "why": arguments.why}
    with cli_options.connect(arguments) as admin:
        answers, unanswered = forgetting.remaining(admin, arguments.principal)
        if arguments.dry_run:
            terminal_output.print_lines([f"{answers} answers would be deleted", *_left(0, unanswered)])
            return 0
        total = 0
        for total in forgetting.batches(admin, arguments.principal, **who, batch=arguments.batch):
            terminal_output.print_progress(f"{total:,} of {max(answers, total):,} deleted")
        left, unanswered = forgetting.remaining(admin, arguments.principal)
    terminal_output.print_lines(
        [f"{total} answers deleted; a retry of theirs gets executed_response_lost", *_left(left, unanswered)]
    )
    return 1 if left or unanswered else 0


def _left(left: int, unanswered: int) -> Iterator[str]:
    if left:
        yield f"{left} answers are left, of records that somebody works on: run it again"
    if unanswered:
        yield (
            f"{unanswered} records have no answer yet: wait for those in progress, resolve the unknown ones "
            "(idem-runtime list), and run it again"
        )


COMMAND = Command(
    name="forget",
    description="Delete the answers that a principal was given; their keys stay used, so that a retry is refused and not "
    "executed. Who and why are recorded. Exit code 1: something is left for another run.",
    examples=EXAMPLES,
    add_options=_add_options,
    run=_run,
)

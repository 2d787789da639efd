"""What commands write, where, and what they exit with. The only place of the linter that prints.

Exit codes: 0 clean, 1 findings, 2 wrong usage, wrong configuration or a fault of idem-lint itself, 130 interrupted,
141 the reader of the output went away.
"""

from __future__ import annotations

import os
import sys

from idem_lint.running.option_parsing import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterable
    from pathlib import Path

    from idem_lint.running.verified_changes import Outcome

CLEAN, FINDINGS, FAILED, INTERRUPTED, PIPE_CLOSED = 0, 1, 2, 130, 141
INCOMPLETE = "a fault of idem-lint itself: not everything was judged, the report says where"


def write(lines: Iterable[str], output: Path | None) -> None:
    """The command's result, to standard output where no file is named.

    :raises UsageError: the file cannot be written.
    """
    if output is None:
        for line in lines:
            sys.stdout.write(f"{line}\n")
        return
    text = "".join(f"{line}\n" for line in lines)
    try:
        output.write_text(text, encoding="utf-8", errors="backslashreplace", newline="\n")
    except OSError as error:
        raise UsageError(f"--output {output}: cannot be written: {error.strerror or error}") from error


def show_diff(outcome: Outcome, lines: Iterable[str]) -> int:
    """The diff where a program reads it, all else where a person does."""
    tell(lines)
    write(outcome.diffs, None)
    return FINDINGS if outcome.diffs else CLEAN


def fail(message: str) -> int:
    """Say why the run came to nothing; the exit code of that."""
    sys.stderr.write(f"idem-lint: {message}\n")
    return FAILED


def note(notes: Iterable[str]) -> None:
    """What somebody may want to know of the result."""
    for each in notes:
        sys.stderr.write(f"idem-lint: note: {each}\n")


def tell(lines: Iterable[str]) -> None:
    """What a command did."""
    for line in lines:
        sys.stderr.write(f"idem-lint: {line}\n")


def is_coloured(options: Namespace) -> bool:
    """``--color`` decides, then NO_COLOR, then FORCE_COLOR (any text but none), then whether a terminal reads."""
    if options.color != "auto":
        return bool(options.color == "always")
    if options.output is not None or os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or (sys.stdout.isatty() and os.environ.get("TERM") != "dumb")


def terminal_width(options: Namespace) -> int:
    """The columns of the terminal that shows the report; 0 where a file or a program reads it."""
    if options.output is not None or not sys.stdout.isatty():
        return 0
    from shutil import get_terminal_size

    return get_terminal_size().columns

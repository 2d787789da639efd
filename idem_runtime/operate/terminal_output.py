"""Printing, for all commands: the only place of this package that prints, and how it writes times, sizes and tables."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

DURATION_UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))
"""Each with its seconds."""
SIZE_UNITS = ("bytes", "kB", "MB", "GB", "TB")


def print_lines(lines: Iterable[str]) -> None:
    """To standard output."""
    for line in lines:
        print(line)


def print_text(text: str) -> None:
    """Text that ends with its own line end, to standard output."""
    print(text, end="")


def print_json(document: Any) -> None:
    """One JSON document, to standard output."""
    print(json.dumps(document, indent=2))  # ASCII: nothing in it can move a terminal's cursor


def print_message(message: str) -> None:
    """An error or an explanation, to standard error, with the program's name."""
    print(f"idem-runtime: {message}", file=sys.stderr)


def print_progress(message: str) -> None:
    """To standard error: a line that the next one replaces in a terminal, a line of its own in a log."""
    print(message, end="\r" if sys.stderr.isatty() else "\n", file=sys.stderr, flush=True)


def printable(text: object) -> str:
    """``text`` without what could move a terminal's cursor."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in str(text)
    )


def duration(seconds: float) -> str:
    """Two units at most: ``3 d 4 h``, ``12 s``; ``under 1 s``."""
    counts: list[tuple[int, str]] = []
    rest = int(seconds)
    for size, unit in DURATION_UNITS:
        count, rest = divmod(rest, size)
        if count or counts:
            counts.append((count, unit))
    return " ".join(f"{count} {unit}" for count, unit in counts[:2] if count) or "under 1 s"


def moment(seconds: float) -> str:
    """Seconds since 1970 as UTC."""
    if not math.isfinite(seconds):
        return "never" if seconds > 0 else "always"
    try:
        return f"{datetime.fromtimestamp(seconds, UTC).isoformat(' ', 'milliseconds').removesuffix('+00:00')} UTC"
    except (ValueError, OverflowError):
        return "beyond the year 9999"


def size(amount: float) -> str:
    """Bytes with a unit of 1,000s."""
    unit = 0
    while amount >= 1000 and unit < len(SIZE_UNITS) - 1:
        amount, unit = amount / 1000, unit + 1
    return f"{amount:.{0 if unit == 0 else 1}f} {SIZE_UNITS[unit]}"


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Lines with columns as wide as they need to be."""
    lines = [tuple(headings), *(tuple(map(printable, row)) for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    ]


def flush() -> None:
    """What was printed is read at once, by a program as by a person."""
    sys.stdout.flush()

"""Records as an operator reads them: text only, nothing of what was asked or answered."""

from __future__ import annotations

import math
import shlex
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from idem_runtime.operate.maintenance import Named, is_http, parts_of

MEANINGS = {
    "COMPLETED": "a retry gets the stored answer",
    "LOST": "executed, but its answer could not be stored: a retry gets executed_response_lost",
    "EXPIRED": "answered, but past its retention: a retry executes again",
    "INPROGRESS": "it is running: a retry waits, then gets in_progress",
    "UNKNOWN": "nobody recorded whether it happened: no retry executes it, each gets outcome_unknown",
    "free": "there is no record (any longer): a retry executes",
}
STEPS = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))
UNITS = ("bytes", "kB", "MB", "GB", "TB")


def printable(text: object) -> str:
    """``text`` without what could move a terminal's cursor."""
    return "".join(
        each if each.isprintable() else each.encode("unicode_escape").decode() for each in str(text)
    )


def duration(seconds: float) -> str:
    """Two units at most: ``3 d 4 h``, ``12 s``; ``under 1 s``."""
    rest, said = int(seconds), list[str]()
    for size, unit in STEPS:
        count, rest = divmod(rest, size)
        if count or said:
            said.append(f"{count} {unit}")
        if len(said) == 2:
            break
    return " ".join(each for each in said if not each.startswith("0 ")) or "under 1 s"


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
    at = 0
    while amount >= 1000 and at < len(UNITS) - 1:
        amount, at = amount / 1000, at + 1
    return f"{amount:.{0 if at == 0 else 1}f} {UNITS[at]}"


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Lines with columns as wide as they need to be."""
    lines = [tuple(headings), *(tuple(map(printable, row)) for row in rows)]
    wide = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(line, wide, strict=True)).rstrip()
        for line in lines
    ]


def state_of(record: Mapping[str, Any] | None) -> str:
    """The record's state, as :data:`MEANINGS` has it."""
    if record is None:
        return "free"
    lost = record["state"] == "COMPLETED" and record["body_bytes"] is None
    return "LOST" if lost else str(record["state"])


def heading(name: Named, record: Mapping[str, Any] | None) -> list[str]:
    """Who, what, which key, and what a retry gets."""
    principal, operation = parts_of(name.scope) or ("?", "?")
    state = state_of(record)
    known = {
        "principal": principal,
        "operation": operation,
        "key": name.key,
        "scope": name.scope,
        "digest": f"{name.digest} (in logs)",
        "state": f"{state}: {MEANINGS.get(state, 'a state that is not ours')}",
    }
    if record is not None:
        known["payload"] = record["payload_hash"] or "no fingerprint"
        known["attempt"] = record["attempt"] or "none"
    if record is not None and record["response_status"] is not None:
        known["answer"] = f"status {record['response_status']}, {_body(record)}"
    return [f"{title:10} {printable(value)}" for title, value in known.items()]


def _body(record: Mapping[str, Any]) -> str:
    if record["body_bytes"] is None:
        return "body not stored"
    return f"{record['body_bytes']:,} bytes, sha256 {record['body_digest'][:12]}…"


def timeline(
    record: Mapping[str, Any] | None, decisions: Iterable[Mapping[str, Any]], now: float
) -> list[str]:
    """What happened and what will, oldest first."""
    events = [
        (each["decided"], f"decided {each['verdict']} by {each['decided_by']}: {each['reason']}")
        for each in decisions
    ]
    if record is not None:
        events += [(at, what) for at, what in _of_record(record, now) if at is not None]
    events.append((now, "now"))
    lines: list[str] = []
    for at, what in sorted(events, key=lambda event: event[0]):
        apart = abs(at - now)
        ago = "" if what == "now" or not math.isfinite(apart) else duration(apart)
        ago = ago and (f"{ago} ago" if at < now else f"in {ago}")
        lines.append(f"{moment(at):28} {ago:>16}  {printable(what)}")
    return lines


def _of_record(record: Mapping[str, Any], now: float) -> Iterable[tuple[float | None, str]]:
    yield record["created"], "first attempt began"
    if record["completed"] is not None:
        yield record["completed"], "completed"
        yield record["expires"], "expires" if record["expires"] > now else "expired"
    elif record["lease"] == 0:
        yield record["created"], "given up: marked unknown by the program that ran it"
    elif record["lease"] is not None:
        ended = "lease ended without an answer: the program stopped, or lost the database"
        yield record["lease"], "lease ends, unless it is renewed" if record["lease"] > now else ended


def command(verb: str, name: Named, store: str) -> str:
    """A command to paste, for the record ``name``; ``store``: options that choose the table."""
    if name.key.startswith("-") or not name.scope.isprintable():  # an option, or nothing to paste
        return f"idem-runtime {verb} --digest {name.digest}{store}"
    return f"idem-runtime {verb} {shlex.quote(name.scope)} {shlex.quote(name.key)}{store}"


def how_to_decide(name: Named, store: str) -> list[str]:
    """What an operator does about an UNKNOWN record."""
    answer = "--status 201 --body '{…}'" if is_http(name.scope) else "--body '…'"
    return [
        "Ask the provider or the ledger what happened, then:",
        f"  {command('resolve', name, store)} --executed {answer} --by YOU --why 'HOW YOU KNOW'",
        f"  {command('resolve', name, store)} --not-executed --by YOU --why 'HOW YOU KNOW'",
    ]

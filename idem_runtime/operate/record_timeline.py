"""What happened to a record and what will, in the order of time: a part of ``idem-runtime show``."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from idem_runtime.operate import terminal_output

Event = tuple[float, str]
"""Seconds since 1970, and what happens then."""
NOW = "now"


def lines(record: Mapping[str, Any] | None, decisions: Iterable[Mapping[str, Any]], now: float) -> list[str]:
    """A line for each event, oldest first. ``record``: a row of the query ``show``; ``None``: there is none."""
    return [f"{time:28} {distance:>16}  {what}" for time, distance, what in moments(record, decisions, now)]


def moments(
    record: Mapping[str, Any] | None, decisions: Iterable[Mapping[str, Any]], now: float
) -> list[tuple[str, str, str]]:
    """Each event as its time, how far that is from now, and what happens then; oldest first."""
    events = [(row["decided"], _decision(row)) for row in decisions]
    if record is not None:
        events += [(time, text) for time, text in _events_of(record, now) if time is not None]
    events.append((now, NOW))
    return [_moment(event, now) for event in sorted(events, key=lambda event: event[0])]


def _decision(row: Mapping[str, Any]) -> str:
    verdict, digest = row["verdict"].partition(" sha256:")[::2]
    said = f"{verdict} proposed" if digest else f"decided {verdict}"
    return f"{said} by {row['decided_by']}: {row['reason']}"


def _events_of(record: Mapping[str, Any], now: float) -> Iterator[tuple[float | None, str]]:
    yield record["created"], "first attempt began"
    if record["completed"] is not None:
        yield record["completed"], "completed"
        yield record["expires"], "expires" if record["expires"] > now else "expired"
    elif record["lease"] == 0:
        yield record["created"], "given up: marked unknown by the program that ran it"
    elif record["lease"] is not None:
        ended = "lease ended without an answer: the program stopped, or lost the database"
        yield record["lease"], "lease ends, unless it is renewed" if record["lease"] > now else ended


def _moment(event: Event, now: float) -> tuple[str, str, str]:
    time, text = event
    distance = "" if text == NOW else _distance(time, now)
    return terminal_output.moment(time), distance, terminal_output.printable(text)


def _distance(time: float, now: float) -> str:
    """``3 h ago``, ``in 21 h``; empty for a time that never comes."""
    if not math.isfinite(time):
        return ""
    length = terminal_output.duration(abs(time - now))
    return f"{length} ago" if time < now else f"in {length}"

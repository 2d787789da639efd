"""Bars for the counts of a day, as numbers that a template draws."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

HEIGHT = 60
WIDTH = 6
"""Of one bar, with the gap behind it; both in the units of the drawing."""
MARK_EVERY = 16
"""Bars between two times below the axis: four hours."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One step of time: from the left, from the top, its height, and what it says."""

    x: int
    y: float
    height: float
    says: str


@dataclass(frozen=True, slots=True)
class Plot:
    """``marks``: times below the axis, from the left."""

    title: str
    total: int
    most: int
    bars: tuple[Bar, ...]
    marks: tuple[tuple[int, str], ...]
    width: int
    height: int = HEIGHT


def plot(title: str, counts: Sequence[tuple[float, int]]) -> Plot:
    """``counts``: when a step began, in seconds since 1970, and how many."""
    most = max(count for _, count in counts)
    bars = tuple(
        _bar(at, begin, count, HEIGHT * count / most) for at, (begin, count) in enumerate(counts) if count
    )
    marks = tuple((at * WIDTH, _time(counts[at][0])) for at in range(0, len(counts), MARK_EVERY))
    return Plot(title, sum(count for _, count in counts), most, bars, marks, len(counts) * WIDTH)


def _bar(at: int, begin: float, count: int, height: float) -> Bar:
    return Bar(at * WIDTH, round(HEIGHT - height, 1), round(height, 1), f"{_time(begin)} UTC: {count}")


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%H:%M")

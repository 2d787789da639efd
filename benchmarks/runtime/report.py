"""What a person reads: the tables, and whether the targets hold."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from benchmarks.runtime.measure import Measured, Row

Column = Literal["clock", "client", "server"]
COLUMNS: dict[Column, str] = {"clock": "wall", "client": "client CPU", "server": "server CPU"}
WIDTH = 38


@dataclass(frozen=True)
class Target:
    """A limit for a row: a ratio to another row, or milliseconds where there is none."""

    text: str
    limit: float
    column: Column
    row: Row
    base: Row | None = None

    def judged(self, measured: Measured) -> tuple[str, float]:
        """Held, MISSED or not measured, and the value."""
        value = figure(measured, self.row, self.column)
        if self.base is not None:
            value /= figure(measured, self.base, self.column)
        if math.isnan(value):
            return "not measured", value
        return ("held" if value <= self.limit else "MISSED"), value


def figure(measured: Measured, row: Row, column: Column) -> float:
    """The median."""
    return measured[row].medians[tuple(COLUMNS).index(column)]


def print_tables(measured: Measured) -> None:
    """A table for each title, with ratios to its first row."""
    for title in dict.fromkeys(row.table for row in measured):
        rows = [row for row in measured if row.table == title]
        print(f"\n{title:{WIDTH}}" + "".join(f"{name:>20}" for name in COLUMNS.values()))
        for row in rows:
            cells = "".join(
                cell(figure(measured, row, column), figure(measured, rows[0], column)) for column in COLUMNS
            )
            print(f"  {row.name:{WIDTH - 2}}{cells}", flush=True)


def cell(value: float, base: float) -> str:
    """Milliseconds and the ratio."""
    milliseconds = "-" if math.isnan(value) else f"{value:.3f} ms"
    ratio = f"{value / base:.2f}x" if base > 0.01 else ""
    return f"{milliseconds:>12}{ratio:>8}"


def print_targets(targets: Sequence[Target], measured: Measured) -> bool:
    """Each target with its value; whether none is missed."""
    print("\nTargets")
    verdicts: list[str] = []
    for target in targets:
        verdict, value = target.judged(measured)
        verdicts.append(verdict)
        unit = "x" if target.base else " ms"
        print(f"  {verdict:>12}  {value:6.2f}{unit:3}  at most {target.limit:.2f}{unit:3}  {target.text}")
    return "MISSED" not in verdicts

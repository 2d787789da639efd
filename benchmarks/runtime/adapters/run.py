"""What each adapter costs, against the same transfer bare in the same framework: ``python -m benchmarks.runtime.adapters.run``.

The transfer is three statements, the same everywhere; no network delay. Without us and with us are processes of their own that take
turns in a random order. ``wall``: the clock of who calls. ``CPU``: the whole process that has the framework, without its client where
that has to be another process (aiohttp, Sanic, gRPC). ``Postgres``: CPU of the server's processes. Medians, in milliseconds for what is
bare, else as a ratio to it; ``unmarked`` is a route that moves no money, against the same without us. Then the peers that are no
frameworks, around a plain function: Powertools (with a small layer and with ours in the place of DynamoDB's) and DBOS.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks import figures as shown
from benchmarks.runtime import environment
from benchmarks.runtime.measure import Measured, Row, measured
from benchmarks.runtime.report import Column, figure
from benchmarks.runtime.run import placed
from benchmarks.runtime.server import prepared_server

HERE = "benchmarks.runtime.adapters"


@dataclass(frozen=True)
class Stack:
    """One framework: its two subjects, how their ways begin, and the packages that it needs."""

    name: str
    plain: str
    ours: str
    package: str
    ways: str = ""

    @classmethod
    def of(cls, name: str, module: str, package: str, prefix: str = "") -> Stack:
        """Both subjects from one module of this folder."""
        return cls(name, f"{HERE}.{module}:{prefix}plain", f"{HERE}.{module}:{prefix}ours", package)

    @property
    def rows(self) -> list[Row]:
        """Unmarked without us and with us; the transfer bare, first execution and replay."""
        asked = [
            (self.plain, "unmarked"),
            (self.ours, "unmarked"),
            (self.plain, "transfer"),
            (self.ours, "first"),
            (self.ours, "replay"),
        ]
        return [Row(self.name, way, subject, f"{self.ways}{way}") for subject, way in asked]


STACKS = [
    Stack("FastAPI, async def", "web-plain", "web-ours", "fastapi", "async "),
    Stack("FastAPI, def", "web-plain", "web-ours", "fastapi", "def "),
    Stack.of("Flask", "flask_app", "flask"),
    Stack.of("Django", "django_app", "django"),
    Stack.of("Django REST framework", "django_app", "djangorestframework", "rest_"),
    Stack.of("aiohttp", "aiohttp_app", "aiohttp"),
    Stack.of("Litestar", "litestar_app", "litestar"),
    Stack.of("Quart", "quart_app", "quart"),
    Stack.of("Sanic", "sanic_app", "sanic"),
    Stack.of("gRPC, grpc.server", "grpc_service", "grpcio"),
    Stack.of("gRPC, grpc.aio", "grpc_service", "grpcio", "aio_"),
    Stack.of("MCP tool", "mcp_tool", "mcp"),
    Stack.of("Celery task", "celery_task", "celery"),
]
FUNCTIONS = [
    ("bare", "plain", "bare"),
    ("idem-guard, first", "ours", "first"),
    ("idem-guard, replay", "ours", "replay"),
    ("Powertools, small layer, first", "powertools", "first"),
    ("Powertools, small layer, replay", "powertools", "replay"),
    ("Powertools, our layer, first", "powertools-on-ours", "first"),
    ("Powertools, our layer, replay", "powertools-on-ours", "replay"),
    ("DBOS, first", "dbos", "first"),
    ("DBOS, replay", "dbos", "replay"),
]
COLUMNS: dict[str, Column] = {"wall": "clock", "CPU": "client", "Postgres": "server"}


def function_rows(missing: dict[str, str]) -> list[Row]:
    """Plain functions in a worker thread, as servers and workers call them; peers that are here."""
    return [
        Row("plain function", name, subject, way, "worker")
        for name, subject, way in FUNCTIONS
        if subject.partition("-")[0] not in missing
    ]


def print_stack(figures: Measured, stack: Stack) -> None:
    """The lines of one adapter: a column for each of what is measured."""
    without, unmarked, bare, first, replay = stack.rows
    for name, column in COLUMNS.items():
        base = figure(figures, bare, column)
        ratios = [figure(figures, row, column) / base for row in (first, replay)]
        empty = figure(figures, without, column)
        beside = f"{figure(figures, unmarked, column) / empty:9.2f}x" if empty > 0.01 else f"{'-':>10}"
        title = stack.name if column == "clock" else ""
        print(f"{title:24}{name:9}{base:8.3f} ms" + "".join(f"{ratio:9.2f}x" for ratio in ratios) + beside)
    sys.stdout.flush()


def kept_stack(figures: Measured, stack: Stack) -> dict[str, Any]:
    """As :func:`print_stack`, for the page: milliseconds, and ratios."""
    without, unmarked, bare, first, replay = stack.rows
    row: dict[str, Any] = {"table": "frameworks", "name": stack.name}
    for column in COLUMNS.values():
        base = figure(figures, bare, column)
        row[column] = {"bare": round(base, 3)}
        row[column] |= {
            name: round(figure(figures, way, column) / base, 2)
            for name, way in (("first", first), ("replay", replay))
        }
        empty = figure(figures, without, column)
        if empty > 0.01:
            row[column]["unmarked"] = round(figure(figures, unmarked, column) / empty, 2)
    return row


def kept_functions(figures: Measured, rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Milliseconds of each."""
    return [
        {"table": "functions", "name": row.name}
        | {column: round(figure(figures, row, column), 3) for column in COLUMNS.values()}
        for row in rows
    ]


def print_functions(figures: Measured, rows: Sequence[Row]) -> None:
    """As :func:`print_stack`, a line for each."""
    print(f"\n{'plain function':33}" + "".join(f"{name:>19}" for name in COLUMNS))
    for row in rows:
        values = [
            (figure(figures, row, column), figure(figures, rows[0], column)) for column in COLUMNS.values()
        ]
        print(f"{row.name:33}" + "".join(f"{value:9.3f} ms{value / base:6.2f}x" for value, base in values))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog=f"python -m {HERE}.run", description="What each adapter costs.")
    parser.add_argument("--turns", type=int, default=30, help="turns of each way (default: 30)")
    parser.add_argument("--only", default="", help="adapters whose names have this in them")
    parser.add_argument("--no-peers", action="store_true", help="measure no plain functions")
    shown.add_option(parser)
    return parser.parse_args()


def main() -> int:
    """Measure and print."""
    options = arguments()
    environment.enter(f"{HERE}.run")
    print(f"Three-statement transfer; medians of {options.turns} turns; {placed()}.")
    where = shown.conditions(versions=environment.versions(environment.SHOWN + environment.SHOWN_STACKS))
    print(f"{where}.")
    kept: list[dict[str, Any]] = []
    absent: list[str] = []
    with prepared_server() as server:
        print(f"\n{'':33}{'bare':>11}{'first':>10}{'replay':>10}{'unmarked':>10}")
        for stack in STACKS:
            if options.only.lower() not in stack.name.lower():
                absent.append(stack.name)
                continue
            if not environment.version_of(stack.package):
                print(f"{stack.name:24}{stack.package} is not installed, so not measured")
                absent.append(stack.name)
                continue
            figures = measured(server, 0.0, stack.rows, options.turns)
            print_stack(figures, stack)
            kept.append(kept_stack(figures, stack))
        if options.no_peers:
            absent += environment.PEERS
        else:
            missing = environment.missing_peers()
            absent += missing
            for name, requirement in missing.items():
                print(f"{name}: could not be installed ({requirement}), so not measured.")
            rows = function_rows(missing)
            figures = measured(server, 0.0, rows, options.turns)
            print_functions(figures, rows)
            kept += kept_functions(figures, rows)
    if options.write:
        shown.keep_whole("adapters", absent, command=f"python -m {HERE}.run", where=where, rows=kept)
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""What protection costs, against the same transfer bare and against peers, in one run: ``python -m benchmarks.runtime.run``.

Medians of wall time, of the client's processor time (its whole process) and of the server's (its processes that serve that
client). Every way runs in a process of its own; they take turns in a random order, so that a slow moment of the machine hits
them all. The network delay is a proxy's; at 0 ms there is none. The peers are AWS Lambda Powertools and DBOS, from PyPI; "three commits" is the
flow of Powertools without its own code. At the end the targets of the design, held or missed; ``--judge`` makes a missed one the exit code 1.
"""

from __future__ import annotations

import argparse
import sys
from typing import Any

from benchmarks import figures as shown
from benchmarks.runtime import environment
from benchmarks.runtime.cores import PINNED
from benchmarks.runtime.measure import Measured, Row, measured
from benchmarks.runtime.report import COLUMNS, Target, figure, print_tables, print_targets
from benchmarks.runtime.server import prepared_server
from benchmarks.runtime.worker import Thread

DELAYS = (0.0, 0.5)
OWN_WAYS = {
    "bare": ("plain", "bare"),
    "ours, first execution": ("ours", "first"),
    "ours, replay": ("ours", "replay"),
    "three commits": ("plain", "three commits"),
}
PEER_WAYS = {
    "Powertools, first execution": ("powertools", "first"),
    "Powertools, replay": ("powertools", "replay"),
    "DBOS, first execution": ("dbos", "first"),
    "DBOS, replay": ("dbos", "replay"),
}
HANDLERS = ("async", "def")


def function_row(name: str, thread: Thread, delay: float) -> Row:
    """The row of a way to protect a function."""
    subject, way = {**OWN_WAYS, **PEER_WAYS}[name]
    return Row(f"Function, {thread} thread, +{delay} ms", name, subject, way, thread)


def function_rows(delay: float, missing: dict[str, str]) -> list[Row]:
    """Ours in both kinds of thread, because main threads check connections out otherwise; peers where servers run handlers."""
    peers = [name for name, (subject, _) in PEER_WAYS.items() if subject not in missing]
    worker = [function_row(name, "worker", delay) for name in [*OWN_WAYS, *peers]]
    return worker + [function_row(name, "main", delay) for name in OWN_WAYS]


def web_row(kind: str, name: str, subject: str, way: str) -> Row:
    """The row of a route; unmarked ones have a table of their own, because their ratio is to another."""
    what = "unmarked route" if way == "unmarked" else "transfer"
    return Row(f"FastAPI, {kind} handler, {what}", name, subject, f"{kind} {way}")


def web_rows(kind: str) -> list[Row]:
    """The routes of one kind of handler, without us and with us."""
    return [
        web_row(kind, "without the runtime", "web-plain", "unmarked"),
        web_row(kind, "runtime installed", "web-ours", "unmarked"),
        web_row(kind, "bare", "web-plain", "transfer"),
        web_row(kind, "ours, first execution", "web-ours", "first"),
        web_row(kind, "ours, replay", "web-ours", "replay"),
        web_row(kind, "connection in the body, first", "web-ours", "inside first"),
        web_row(kind, "connection in the body, replay", "web-ours", "inside replay"),
        web_row(kind, "ours, Depends(idem.admitted), first", "web-ours", "early first"),
        web_row(kind, "ours, Depends(idem.admitted), replay", "web-ours", "early replay"),
        web_row(kind, "pools of ours, first execution", "web-ours-from-dsn", "first"),
        web_row(kind, "pools of ours, replay", "web-ours-from-dsn", "replay"),
    ]


def targets() -> list[Target]:
    """The limits of the design."""
    bare, first, replay = (
        {delay: function_row(name, "worker", delay) for delay in DELAYS}
        for name in ("bare", "ours, first execution", "ours, replay")
    )
    limits = [
        Target("function, first execution against bare, wall, +0.5 ms", 1.12, "clock", first[0.5], bare[0.5]),
        Target("function, first execution against bare, wall, +0 ms", 1.6, "clock", first[0.0], bare[0.0]),
        Target("function, replay against bare, wall, +0.5 ms", 0.25, "clock", replay[0.5], bare[0.5]),
        Target("function, first execution, server CPU, +0 ms", 0.25, "server", first[0.0]),
        Target("function, first execution, client CPU, +0 ms", 0.40, "client", first[0.0]),
    ]
    for kind in HANDLERS:
        unmarked, installed, transfer, ours, replayed, *_ = web_rows(kind)
        limits += [
            Target(
                f"FastAPI {kind}, first execution against bare, client CPU", 1.6, "client", ours, transfer
            ),
            Target(f"FastAPI {kind}, replay against bare, client CPU", 0.8, "client", replayed, transfer),
            Target(f"FastAPI {kind}, unmarked route, client CPU", 1.08, "client", installed, unmarked),
        ]
    return limits


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.runtime.run", description="What protection costs."
    )
    parser.add_argument(
        "--turns", type=int, default=30, help="turns of each way; the median counts (default: 30)"
    )
    parser.add_argument("--no-peers", action="store_true", help="measure no peers")
    parser.add_argument("--judge", action="store_true", help="exit with 1 where a target is missed")
    shown.add_option(parser)
    return parser.parse_args()


def rows_of(figures: Measured) -> list[dict[str, Any]]:
    """The medians, in milliseconds."""
    return [
        {"table": row.table, "name": row.name}
        | {column: round(figure(figures, row, column), 4) for column in COLUMNS}
        for row in figures
    ]


def placed() -> str:
    """Where the processes ran."""
    return "client and server on a core each" if PINNED else "client and server on any core"


def main() -> int:
    """Run, print, and say whether the targets hold."""
    options = arguments()
    environment.enter("benchmarks.runtime.run")
    missing = environment.PEERS if options.no_peers else environment.missing_peers()
    print(f"Three-statement transfer; medians of {options.turns} turns; {placed()}.")
    where = shown.conditions(versions=environment.versions())
    print(f"{where}.")
    for name, requirement in missing.items():
        reason = "not asked for" if options.no_peers else f"could not be installed ({requirement})"
        print(f"{name}: {reason}, so not measured.")
    figures: Measured = {}
    with prepared_server() as server:
        for delay in DELAYS:
            rows = function_rows(delay, missing)
            figures |= measured(server, delay, rows, options.turns)
        rows = [row for kind in HANDLERS for row in web_rows(kind)]
        figures |= measured(server, 0.0, rows, options.turns)
    print_tables(figures)
    if options.write:
        command = "python -m benchmarks.runtime.run"
        shown.keep_whole("runtime", [*missing], command=command, where=where, rows=rows_of(figures))
    held = print_targets(targets(), figures)
    return 1 if options.judge and not held else 0


if __name__ == "__main__":
    sys.exit(main())

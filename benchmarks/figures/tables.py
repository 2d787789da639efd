"""The kept figures as Markdown: what the pages show is made of them, and a test holds it to them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from benchmarks.figures import kept

Row = dict[str, Any]
NEAR, FAR = "Function, worker thread, +0.0 ms", "Function, worker thread, +0.5 ms"
TIMES = "\N{MULTIPLICATION SIGN}"
COLUMNS = {"clock": "time", "client": "client CPU", "server": "Postgres CPU"}


def rows(name: str, table: Any) -> list[Row]:
    """Of one table of a benchmark."""
    return [row for row in kept(name)["rows"] if row["table"] == table]


def shown_name(name: str) -> str:
    """As readers know it."""
    name = name.replace("ours, ", "idem-guard, ")
    return "the same three commits by hand" if name == "three commits" else name


def where(name: str) -> str:
    """The command, and what it ran on."""
    report = kept(name)
    return f"`{report['command']}`: {report['where']}.\n"


def headline() -> str:
    """What a transfer costs, in a sentence."""
    far = {row["name"]: row["clock"] for row in rows("runtime", FAR)}
    near = {row["name"]: row["clock"] for row in rows("runtime", NEAR)}
    bare = far["bare"]
    ratio = {name: f"{value / bare:.2f}" for name, value in far.items()}
    return (
        f"With half a millisecond to the database, a protected transfer takes {ratio['ours, first execution']} times as long as a bare one, and its replay"
        f" {ratio['ours, replay']} times (Powertools {ratio['Powertools, first execution']} and {ratio['Powertools, replay']}, DBOS"
        f" {ratio['DBOS, first execution']} and {ratio['DBOS, replay']}); with none, {near['ours, first execution'] / near['bare']:.2f} and"
        f" {near['ours, replay'] / near['bare']:.2f} times. [Performance](docs/performance.md) has the rest.\n"
    )


def functions() -> str:
    """A function, with no network between and with half a millisecond."""
    near, far = rows("runtime", NEAR), {row["name"]: row for row in rows("runtime", FAR)}
    cells = [
        (
            shown_name(row["name"]),
            *_timed(row, near[0], "clock"),
            *_timed(far[row["name"]], far["bare"], "clock"),
            *(f"{row[column]:.2f}" for column in ("client", "server")),
        )
        for row in near
    ]
    titles = ("", "time, ms", "", "time at +0.5 ms, ms", "", "client CPU, ms", "Postgres CPU, ms")
    return _table(titles, cells)


def routes() -> str:
    """FastAPI's routes, as ratios to what is first in their table."""
    cells: list[Sequence[str]] = []
    for kind in ("async", "def"):
        for what in ("transfer", "unmarked route"):
            table = rows("runtime", f"FastAPI, {kind} handler, {what}")
            cells += [
                (f"{kind}, {what}" if number == 0 else "", shown_name(row["name"]), *_ratios(row, table[0]))
                for number, row in enumerate(table)
            ]
    return _table(("handler", "", *COLUMNS.values()), cells)


def adapters() -> str:
    """Every adapter."""
    cells = [
        (
            row["name"],
            f"{row['client']['bare']:.2f}",
            *(_ratio(row["client"].get(name)) for name in ("first", "replay", "unmarked")),
            f"{row['server']['bare']:.2f}",
            *(_ratio(row["server"][name]) for name in ("first", "replay")),
        )
        for row in rows("adapters", "frameworks")
    ]
    titles = ("adapter", "bare: CPU ms", "first execution", "replay", "unmarked route")
    return _table((*titles, "Postgres: bare, ms", "first", "replay"), cells)


def added() -> str:
    """What a first execution adds, in milliseconds, over all adapters."""
    table = rows("adapters", "frameworks")

    def between(column: str) -> str:
        more = sorted(row[column]["bare"] * (row[column]["first"] - 1) for row in table)
        return f"{more[0]:.1f} to {more[-1]:.1f} ms"

    replays = sorted(row["client"]["replay"] for row in table)
    return (
        f"A first execution adds {between('client')} of the process's CPU and {between('server')} of Postgres's, whatever the framework;"
        f" a replay costs {replays[0]:.2f} to {replays[-1]:.2f} times the CPU of a bare transfer.\n"
    )


def peers() -> str:
    """Around a plain function."""
    table = rows("adapters", "functions")
    cells = [
        (row["name"], *_timed(row, table[0], "client"), *_timed(row, table[0], "server")) for row in table
    ]
    return _table(("around a plain function", "CPU ms", "", "Postgres, ms", ""), cells)


def storm() -> str:
    """The other keys of a pool, while one is stormed."""
    cells = [
        (row["table"] if number % 3 == 0 else "", row["name"], *(f"{row[name]:.2f}" for name in ("p50", "p95", "max")))
        for number, row in enumerate(kept("storm")["rows"])
    ]  # fmt: skip
    return _table(("callers", "transfers of", "median, ms", "95th percentile", "longest"), cells)


def purge() -> str:
    """Inserts alone and beside a purge."""
    cells = [
        (
            f"{row['table']}, {row['name']}",
            f"{row['inserts']:,}",
            f"{row['median']:.2f}",
            f"{row['p99']:.2f}",
            f"{row['removed']:,}" if "removed" in row else "",
        )
        for row in kept("purge")["rows"]
    ]
    return _table(("table", "inserts a second", "median, ms", "99th percentile", "removed a second"), cells)


def linter() -> str:
    """Time and memory by size."""
    cells: list[Sequence[str]] = []
    for size in dict.fromkeys(row["table"] for row in kept("linter")["rows"]):
        table = rows("linter", size)
        cells += [
            (
                f"{size:,}" if number == 0 else "",
                row["name"],
                f"{row['clock']:.2f}",
                f"{row['processor']:.2f}",
                f"{row['memory']}",
                _ratio(row["processor"] / table[0]["processor"]),
            )
            for number, row in enumerate(table)
        ]
    return _table(("files", "", "time, s", "CPU, s", "memory, MB", "CPU against idem-lint"), cells)


def _timed(row: Row, base: Row, column: str) -> tuple[str, str]:
    return f"{row[column]:.2f}", _ratio(row[column] / base[column])


def _ratios(row: Row, base: Row) -> Iterable[str]:
    return (_ratio(row[column] / base[column] if base[column] > 0.01 else None) for column in COLUMNS)


def _ratio(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}{TIMES}"


def _table(titles: Sequence[str], cells: Iterable[Sequence[str]]) -> str:
    lines = [titles, ["---"] * len(titles), *cells]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


PARTS: dict[str, Callable[[], str]] = {
    "headline": headline,
    "functions": functions,
    "routes": routes,
    "adapters": adapters,
    "added": added,
    "peers": peers,
    "storm": storm,
    "purge": purge,
    "linter": linter,
    **{f"where {name}": lambda name=name: where(name) for name in ("runtime", "adapters", "storm", "purge", "linter")},
}  # fmt: skip
"""What a page has between ``<!-- figures: NAME -->`` and ``<!-- end of figures: NAME -->``."""

"""The plots of the performance page, drawn from the kept figures: ``python -m pictures.plots``. ``make bench`` measures and draws.

A group of bars has a scale of its own: what stands together has one unit. A bar that would be longer than its group's limit is cut, and says so.
"""

from __future__ import annotations

import html
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.figures import kept
from benchmarks.figures.tables import FAR, NEAR, TIMES, rows, shown_name
from pictures.palette import PALETTES, SANS, Palette

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "pictures"
WIDTH, LABELS, VALUES = 880, 290, 110
BAR, GAP, TITLE, MARGIN = 15, 4, 30, 18


@dataclass(frozen=True)
class Bar:
    """``tone``: a name in the palette; ``label`` may be empty where the bar above has it."""

    label: str
    value: float
    text: str
    tone: str


@dataclass(frozen=True)
class Group:
    """Bars on one scale, from 0 to ``limit``, or to the longest."""

    title: str
    bars: list[Bar]
    limit: float | None = None


@dataclass(frozen=True)
class Plot:
    """``says``: what who does not see it reads; ``legend``: tones with their words."""

    says: str
    groups: list[Group]
    legend: tuple[tuple[str, str], ...] = ()


def functions() -> Plot:
    """One transfer as a function."""
    groups = [
        Group(title, [_timed(row) for row in rows("runtime", table)], limit)
        for title, table, limit in (
            ("No network between, milliseconds", NEAR, 2.0),
            ("Half a millisecond to the database", FAR, 12.0),
        )
    ]
    return Plot("How long a transfer takes, bare, protected here, by hand, by Powertools and by DBOS", groups)


def _timed(row: dict[str, float | str]) -> Bar:
    name, clock = str(row["name"]), float(row["clock"])
    ours = name.startswith("ours")
    tone = "good" if ours else "accent" if name == "bare" else "faint"
    return Bar(shown_name(name), clock, f"{clock:.2f} ms", tone)


def adapters() -> Plot:
    """CPU of each adapter against the same route without us."""
    tones = {"first": "accent", "replay": "good", "unmarked": "faint"}
    bars = [
        Bar(row["name"] if way == "first" else "", ratio, f"{ratio:.2f}{TIMES}", tones[way])
        for row in rows("adapters", "frameworks")
        for way in tones
        if (ratio := row["client"].get(way)) is not None
    ]
    legend = (("accent", "first execution"), ("good", "replay"), ("faint", "unmarked route"))
    title = "CPU of the process, against the same handler without us"
    return Plot(title, [Group(title, bars)], legend)


def storm() -> Plot:
    """The other keys' transfers."""
    groups = [
        Group(
            f"Callers are {kind}: other keys' transfers, milliseconds",
            [
                Bar(
                    row["name"].removeprefix("other keys, ") if part == "p50" else "",
                    row[part],
                    f"{row[part]:.2f} ms",
                    tone,
                )
                for row in rows("storm", kind)
                for part, tone in (("p50", "good"), ("p95", "faint"))
            ],
        )
        for kind in dict.fromkeys(row["table"] for row in kept("storm")["rows"])
    ]
    legend = (("good", "median"), ("faint", "95th percentile"))
    return Plot("What a storm of 200 callers on one key costs the other keys of its pool", groups, legend)


def purge() -> Plot:
    """What is removed, and what an insert takes beside it."""
    report = kept("purge")["rows"]
    removed = [
        Bar(row["table"], row["removed"], f"{row['removed']:,}", "good") for row in report if "removed" in row
    ]
    inserts = [
        Bar(f"{row['table']}, {row['name']}", row["median"], f"{row['median']:.2f} ms", "accent")
        for row in report
    ]
    groups = [
        Group("Records removed in a second, while 1,000 a second come in", removed),
        Group("Median of one insert meanwhile", inserts),
    ]
    return Plot("Purge beside load", groups)


def linter() -> Plot:
    """CPU by size, beside the peers."""
    groups = [
        Group(
            f"{size:,} files, seconds of CPU",
            [
                Bar(row["name"], row["processor"], f"{row['processor']:.1f} s", "good" if row["name"] == "idem-lint" else "faint")
                for row in rows("linter", size)
            ],
        )
        for size in dict.fromkeys(row["table"] for row in kept("linter")["rows"])
    ]  # fmt: skip
    return Plot("What linting costs by size; the peers apply one rule, idem-lint all of its own", groups)


PLOTS: dict[str, Callable[[], Plot]] = {
    "functions": functions,
    "adapters": adapters,
    "storm": storm,
    "purge": purge,
    "linter": linter,
}


def picture(name: str, mode: str) -> str:
    """A plot, as SVG."""
    plot, palette = PLOTS[name](), PALETTES[mode]
    y, drawn = MARGIN, list[str]()
    for group in plot.groups:
        drawn += [_text(MARGIN, y + 16, group.title, palette.ink, weight=600)]
        y += TITLE
        limit = group.limit or max(bar.value for bar in group.bars)
        for number, bar in enumerate(group.bars):
            y += 5 if number and bar.label and plot.legend else 0
            drawn += _bar(palette, bar, y, limit)
            y += BAR + GAP
        y += MARGIN - GAP
    x = MARGIN
    for tone, words in plot.legend:
        drawn.append(f'<rect x="{x}" y="{y}" width="12" height="12" rx="3" fill="{getattr(palette, tone)}"/>')
        drawn.append(_text(x + 18, y + 11, words, palette.ink))
        x += 40 + 8 * len(words)
    height = y + (12 + MARGIN if plot.legend else 0)
    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{plot.says}" font-family="{SANS}" font-size="13">',
            f'<rect x="1" y="1" width="{WIDTH - 2}" height="{height - 2}" rx="10" fill="{palette.panel}" stroke="{palette.line}"/>',
            *drawn,
            "</svg>",
            "",
        )
    )


def _bar(palette: Palette, bar: Bar, y: int, limit: float) -> list[str]:
    room = WIDTH - LABELS - VALUES - MARGIN
    length = max(2.0, round(room * min(1.0, bar.value / limit), 1))
    lines = [
        _text(LABELS - 10, y + 12, bar.label, palette.ink, anchor="end"),
        f'<rect x="{LABELS}" y="{y}" width="{length:g}" height="{BAR}" rx="3" fill="{getattr(palette, bar.tone)}"/>',
        _text(LABELS + length + 8, y + 12, bar.text, palette.ink),
    ]
    if bar.value > limit:  # cut: two strokes through it
        lines += [
            f'<path d="M{LABELS + room - x} {y - 2} l-6 {BAR + 4}" stroke="{palette.panel}" stroke-width="3"/>'
            for x in (30, 38)
        ]
    return lines if bar.label else lines[1:]


def _text(x: float, y: int, words: str, colour: str, *, weight: int = 400, anchor: str = "start") -> str:
    return f'<text x="{x:g}" y="{y}" text-anchor="{anchor}" fill="{colour}" font-weight="{weight}">{html.escape(words)}</text>'


def draw(folder: Path) -> None:
    """All of them, light and dark."""
    for name in PLOTS:
        for mode in PALETTES:
            (folder / f"plot-{name}-{mode}.svg").write_text(picture(name, mode), encoding="utf-8")


if __name__ == "__main__":
    draw(FOLDER)

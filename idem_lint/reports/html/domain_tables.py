"""By domain: how many entry points have which mark, and where their money goes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from idem_lint.reports.html.chains import place_link
from idem_lint.reports.html.elements import Markup, element, together
from idem_lint.reports.html.entry_table import OUTSIDE, cell, table
from idem_lint.reports.inventory_view import InventoryView
from idem_lint.reports.standing import (
    CONTRADICTED,
    COVERED,
    GUARDED,
    MARKED,
    OPTED_OUT,
    SUSPECTED,
    UNMARKED,
    UNPROTECTED,
    Entry,
    money_of,
    standing,
    what_it_does,
)
from idem_lint.result_types import Place, Write

_COVERAGE = ("Domain", "Entry points", "Protected", "Opted out", "Unprotected", "Unmarked", "Share")
_PROTECTED = frozenset({MARKED, GUARDED, COVERED})
_SETTLED = frozenset({OPTED_OUT})
_BAD = frozenset({UNPROTECTED, CONTRADICTED})
_WAITING = frozenset({SUSPECTED, UNMARKED})
_PARTS = (("good", _PROTECTED), ("plain", _SETTLED), ("bad", _BAD), ("warn", _WAITING))
_BAR = 200
"""The width of a bar, in its own units."""
_MONEY = ("Domain", "What happens", "Entry points", "Not protected", "Where")


def coverage(found: Sequence[Entry]) -> Markup:
    """How many entry points of each domain are protected, opted out, or neither."""
    rows = [
        _coverage_row(name, [entry for entry in found if entry.domain == name]) for name in _domains(found)
    ]
    return element(
        "section",
        element("h2", "Coverage by domain", id="coverage"),
        table("coverage", "Entry points of each domain by how they stand", _COVERAGE, rows),
        aria_labelledby="coverage",
    )


def money(found: Sequence[Entry], view: InventoryView) -> Markup:
    """What is written from each domain, and where in the source."""
    rows = [row for name in _domains(found) for row in _money_rows(name, found, view)]
    shown = (
        table("money", "What entry points of each domain do with money", _MONEY, rows)
        if rows
        else element("p", "No write of money was found.")
    )
    return element("section", element("h2", "Money by domain", id="money"), shown, aria_labelledby="money")


def _domains(found: Sequence[Entry]) -> list[str | None]:
    """The domains by name, and what is in none at the end."""
    names = {entry.domain for entry in found}
    return [*sorted(name for name in names if name is not None), *([None] if None in names else [])]


def _coverage_row(name: str | None, found: Sequence[Entry]) -> Markup:
    counts = [sum(standing(entry) in part for entry in found) for _, part in _PARTS]
    good, opted_out, bad, waiting = counts
    return element(
        "tr",
        cell(_COVERAGE[0], _domain_link(name), head=True),
        *(
            cell(column, str(count))
            for column, count in zip(
                _COVERAGE[1:-1], (len(found), good, opted_out, bad, waiting), strict=True
            )
        ),
        cell(_COVERAGE[-1], _bar(counts)),
        role="row",
    )


def _domain_link(name: str | None) -> Markup:
    text = "outside every domain" if name is None else name
    return element("a", text, href="#entries", data_filter=name or OUTSIDE)


def _bar(counts: Sequence[int]) -> Markup:
    """What is decided and what is not, as a bar; the figures stand beside it."""
    total = sum(counts)
    if not total:
        return element("span", "nothing to decide", class_="note")
    parts: list[Markup] = []
    start = 0
    for (tone, _), count in zip(_PARTS, counts, strict=True):
        width = _BAR * count // total
        parts.append(element("rect", x=str(start), y="0", width=str(width), height="12", class_=tone))
        start += width
    share = 100 * (counts[0] + counts[1]) // total
    label = f"{share} % decided"
    bar = element("svg", parts, viewBox=f"0 0 {_BAR} 12", preserveAspectRatio="none", aria_hidden="true")
    return together(bar, element("span", label, class_="note"))


def _money_rows(name: str | None, found: Sequence[Entry], view: InventoryView) -> Iterator[Markup]:
    inside = [(entry, money_of(entry).writes) for entry in found if entry.domain == name]
    kinds = {what_it_does(write) for _, writes in inside for write in writes}
    for kind in sorted(kinds):
        entries = [entry for entry, writes in inside if any(what_it_does(write) == kind for write in writes)]
        of_kind = [write for _, writes in inside for write in writes if what_it_does(write) == kind]
        yield element(
            "tr",
            cell(_MONEY[0], _domain_link(name), head=True),
            cell(_MONEY[1], kind),
            cell(_MONEY[2], str(len(entries))),
            cell(_MONEY[3], str(sum(standing(entry) in _BAD for entry in entries))),
            cell(_MONEY[4], _places(of_kind, view)),
            role="row",
        )


def _places(writes: Sequence[Write], view: InventoryView) -> Markup:
    sinks: dict[Place, str] = {write.place: write.sink for write in writes}
    lines = [
        element("li", element("code", sinks[place]), element("span", place_link(place, view), class_="where"))
        for place in sorted(sinks)
    ]
    if len(lines) == 1:
        return element("ul", lines, class_="places")
    return element(
        "details", element("summary", f"{len(lines)} places"), element("ul", lines, class_="places")
    )

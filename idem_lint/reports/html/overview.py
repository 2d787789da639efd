"""What a reader asks first: is there money that a retry could move twice, where, and whose decision is still open."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from idem_lint.reports.html.chains import place_link
from idem_lint.reports.html.elements import Markup, breakable, element, together
from idem_lint.reports.html.entry_table import anchor, badge
from idem_lint.reports.inventory_view import InventoryView
from idem_lint.reports.standing import (
    CONTRADICTED,
    SUSPECTED,
    UNMARKED,
    UNPROTECTED,
    Entry,
    Standing,
    answer_of,
    money_of,
    name_of,
    requests_of,
    standing,
    what_it_does,
)
from idem_lint.reports.summary import plural
from idem_lint.run_results import Inventory

_OPEN = (UNPROTECTED, CONTRADICTED, SUSPECTED, UNMARKED)
_SHOWN = 15
"""How many of a kind are listed before the rest is folded away."""


def answer(found: Sequence[Entry], inventory: Inventory) -> Markup:
    """The answer in one sentence, and the figures behind it."""
    bad = sum(standing(entry) in {UNPROTECTED, CONTRADICTED} for entry in found)
    open_points = len(inventory.undecided) + len(inventory.unparsed) + len(inventory.faults)
    tone = "bad" if bad else "warn" if open_points else "good"
    return element(
        "section",
        element("p", answer_of(found), class_="headline"),
        element("p", *_beside(found, open_points)),
        class_=f"answer {tone}",
        aria_label="The answer",
    )


def _beside(found: Sequence[Entry], open_points: int) -> Iterator[Markup | str]:
    undecided = sum(standing(entry) in {SUSPECTED, UNMARKED} for entry in found)
    if undecided:
        yield f"{plural(undecided, 'handler')} more {'waits' if undecided == 1 else 'wait'} for a decision. "
    if open_points:
        yield element("a", f"{plural(open_points, 'place')} could not be judged", href="#open")
        yield ". "
    yield f"{plural(len(found), 'entry point')} in all."


def to_do(found: Sequence[Entry], view: InventoryView) -> Markup:
    """What somebody has to look at, the most urgent first; nothing where there is nothing."""
    groups = [
        _group(value, found, view) for value in _OPEN if any(standing(entry) is value for entry in found)
    ]
    if not groups:
        return Markup("")
    return element("section", element("h2", "To look at", id="todo"), groups, aria_labelledby="todo")


def _group(value: Standing, found: Sequence[Entry], view: InventoryView) -> Markup:
    rows = [
        _item(entry, number, view) for number, entry in enumerate(found, start=1) if standing(entry) is value
    ]
    first, rest = rows[:_SHOWN], rows[_SHOWN:]
    more = (
        element("details", element("summary", f"{len(rest)} more"), element("ul", rest))
        if rest
        else Markup("")
    )
    return together(
        element("h3", badge(value), f" {len(rows)}"),
        element("p", value.meaning, class_="note"),
        element("ul", first, class_="todo"),
        more,
    )


def _item(entry: Entry, number: int, view: InventoryView) -> Markup:
    writes = money_of(entry).writes
    requests = requests_of(entry)
    request = [breakable(requests[0]), " "] if requests else []
    domain = f" · {entry.domain}" if entry.domain is not None else ""
    return element(
        "li",
        element("a", request, element("code", breakable(name_of(entry))), href=f"#{anchor(number)}"),
        f" {what_it_does(writes[0])}" if writes else "",
        element("span", domain, " · ", place_link(entry.place, view), class_="note"),
    )

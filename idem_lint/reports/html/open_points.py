"""The opt-outs with their reasons and ends, what could not be judged, and how to read the page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from idem_lint.reports.html.chains import place_link
from idem_lint.reports.html.elements import Markup, element
from idem_lint.reports.html.entry_table import badge, cell, expiry, table
from idem_lint.reports.inventory_view import InventoryView
from idem_lint.reports.standing import STANDINGS, Entry, name_of, opt_outs, requests_of
from idem_lint.run_results import Inventory

_OPT_OUTS = ("Ends", "Entry point", "Domain", "Reason", "Where")
_OPEN = ("What", "Where", "Why")


def opted_out(found: Sequence[Entry], view: InventoryView) -> Markup:
    """Every opt-out in force, those that end first on top."""
    rows = [
        element(
            "tr",
            cell(_OPT_OUTS[0], expiry(mark, view)),
            cell(_OPT_OUTS[1], (requests_of(entry) or [name_of(entry)])[0], head=True),
            cell(_OPT_OUTS[2], entry.domain or "outside every domain"),
            cell(_OPT_OUTS[3], mark.reason or "not a text in the source"),
            cell(_OPT_OUTS[4], place_link(mark.place, view)),
            role="row",
        )
        for entry, mark in opt_outs(found)
    ]
    shown = (
        table("opt-outs", "Entry points that say they move no money, with their reasons", _OPT_OUTS, rows)
        if rows
        else element("p", "Nothing opted out.")
    )
    return element("section", element("h2", "Opt-outs", id="opt-outs"), shown, aria_labelledby="opt-outs")


def not_judged(inventory: Inventory, view: InventoryView) -> Markup:
    """Registrations that nobody can decide from the source, files that could not be read, faults of the linter."""
    rows = list(_open_rows(inventory, view))
    shown = (
        table("open", "Places that could not be judged", _OPEN, rows)
        if rows
        else element("p", "Everything that was looked at could be judged.")
    )
    return element("section", element("h2", "Not judged", id="open"), shown, aria_labelledby="open")


def _open_rows(inventory: Inventory, view: InventoryView) -> Iterator[Markup]:
    for route in inventory.undecided:
        yield _open_row(f"route {route.qualname}".rstrip(), place_link(route.place, view), route.reason)
    for site in inventory.unparsed:
        yield _open_row("file that cannot be read", place_link(site.place, view), site.what)
    for site in inventory.faults:
        yield _open_row("fault of the linter", place_link(site.place, view), site.what)


def _open_row(what: str, where: Markup, why: str) -> Markup:
    cells = (cell(_OPEN[0], what, head=True), cell(_OPEN[1], where), cell(_OPEN[2], why))
    return element("tr", *cells, role="row")


def legend() -> Markup:
    """What the words mean, and what the page does not say."""
    words = [(element("dt", badge(value)), element("dd", value.meaning)) for value in STANDINGS]
    return element(
        "section",
        element("h2", "How to read this page", id="legend"),
        element("dl", *(part for pair in words for part in pair)),
        element(
            "p",
            "A write is “sure” where the project names it itself (@ledger_write, ledger-writes), and “likely” where it was "
            "recognised by its shape. All of this was read from the source; nothing was run. That no write was found proves "
            "nothing: calls that could not be followed are listed at each entry point. “Protected” says that the mark is "
            "there and takes effect; what the mark does is the work of the runtime in the application.",
        ),
        aria_labelledby="legend",
    )

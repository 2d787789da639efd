"""Every entry point, one row each: how it stands, what reaches it, its domain and mark, its way to the money."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from idem_lint.reports.html.chains import place_link, ways
from idem_lint.reports.html.elements import Markup, breakable, element, together
from idem_lint.reports.inventory_view import InventoryView
from idem_lint.reports.standing import (
    STANDINGS,
    Entry,
    Standing,
    is_over,
    kind_of,
    money_of,
    name_of,
    requests_of,
    standing,
)
from idem_lint.result_types import Handler, Mark

COLUMNS = ("How it stands", "Entry point", "Domain", "Mark", "Way to the money")
OUTSIDE = "none"
"""What stands for the domain of what is in none."""


def entry_table(found: Sequence[Entry], view: InventoryView) -> Markup:
    """The section, with the controls that the script shows, and the table, which is complete without it."""
    return element(
        "section",
        element("h2", "Every entry point", id="entries-title"),
        _controls(found),
        table("entries", "Entry points, the most urgent first", COLUMNS, list(_rows(found, view))),
        id="entries",
        aria_labelledby="entries-title",
    )


def table(name: str, caption: str, columns: Sequence[str], rows: Sequence[Markup]) -> Markup:
    """A table; the roles keep it one where a narrow screen shows its rows as cards."""
    heads = [element("th", column, scope="col", role="columnheader") for column in columns]
    return element(
        "table",
        element("caption", caption),
        element("thead", element("tr", heads, role="row"), role="rowgroup"),
        Markup("\n"),
        element("tbody", [together(row, Markup("\n")) for row in rows], role="rowgroup"),
        role="table",
        class_=name,
    )


def cell(column: str, *content: Markup | str | Sequence[Markup | str], head: bool = False) -> Markup:
    """A cell, which says its column where there is no room for a heading."""
    if head:
        return element("th", *content, scope="row", role="rowheader", data_label=column)
    return element("td", *content, role="cell", data_label=column)


def badge(value: Standing) -> Markup:
    """How an entry point stands, in colour and in words."""
    return element("span", value.label, class_=f"badge {value.tone}", title=value.meaning)


def anchor(number: int) -> str:
    """The name of the row with this number."""
    return f"entry-{number}"


def _rows(found: Sequence[Entry], view: InventoryView) -> Iterator[Markup]:
    for number, entry in enumerate(found, start=1):
        value = standing(entry)
        yield element(
            "tr",
            cell(COLUMNS[0], badge(value)),
            cell(COLUMNS[1], _subject(entry, view), head=True),
            cell(COLUMNS[2], _domain(entry)),
            cell(COLUMNS[3], _mark(entry, view)),
            cell(COLUMNS[4], _money(entry, view)),
            role="row",
            id=anchor(number),
            data_standing=value.key,
            data_domain=entry.domain or OUTSIDE,
            data_kind=_group(entry),
        )


def _subject(entry: Entry, view: InventoryView) -> Markup:
    requests = [element("div", breakable(request), class_="request") for request in requests_of(entry)]
    registered = entry.registered if isinstance(entry, Handler) else entry.started
    also = [element("div", "registered in ", place_link(place, view), class_="note") for place in registered]
    return together(
        requests,
        element(
            "div",
            element("code", breakable(name_of(entry))),
            " ",
            element("span", kind_of(entry), class_="note"),
        ),
        element("div", place_link(entry.place, view), class_="where"),
        also,
    )


def _domain(entry: Entry) -> Markup:
    if entry.domain is None:
        return element("span", "outside every domain", class_="note")
    reason = (
        element("div", breakable(entry.domain_reason), class_="note") if entry.domain_reason else Markup("")
    )
    return together(entry.domain, reason)


def _mark(entry: Entry, view: InventoryView) -> Markup:
    lines = [_effective(mark, view) for mark in entry.marks if not mark.problem]
    lines += [
        together(
            element("code", mark.written),
            element("div", f"has no effect: {mark.problem}", class_="note"),
        )
        for mark in entry.marks
        if mark.problem
    ]
    return together(lines or element("span", "no mark", class_="note"))


def _effective(mark: Mark, view: InventoryView) -> Markup:
    if mark.name == "money_moving":
        return element("div", element("code", "@money_moving"))
    reason = f"“{mark.reason}”" if mark.reason else "its reason is not a text in the source"
    return element(
        "div",
        element("code", "@not_money_moving"),
        element("div", reason),
        element("div", expiry(mark, view)),
    )


def expiry(mark: Mark, view: InventoryView) -> Markup:
    """When an opt-out ends, and whether it has."""
    if mark.until is None:
        return element("span", "never ends", class_="note")
    when = element("time", f"until {mark.until}", class_="until", data_until=mark.until)
    is_past = view.today is not None and is_over(mark, view.today)
    return together(when, [" ", element("span", "over", class_="badge bad")] if is_past else [])


def _money(entry: Entry, view: InventoryView) -> Markup:
    money = money_of(entry)
    if not money.writes:
        text = "none found, though its name says money" if money.is_named else "none found"
        return together(element("span", text, class_="note"), ways(entry, view))
    return ways(entry, view)


def _group(entry: Entry) -> str:
    """What the filter calls its kind."""
    if isinstance(entry, Handler):
        return "RPC" if entry.is_rpc else "POST handler"
    return "other handler" if entry.kind == "handler" else entry.kind


def _controls(found: Sequence[Entry]) -> Markup:
    standings = {standing(entry) for entry in found}
    domains = sorted({entry.domain or "" for entry in found})
    return element(
        "form",
        element(
            "label",
            "Search ",
            element("input", type="search", id="search", placeholder="route, function, file, reason"),
        ),
        _choice(
            "standing", "How it stands", [(each.key, each.label) for each in STANDINGS if each in standings]
        ),
        _choice("domain", "Domain", [(name or OUTSIDE, name or "outside every domain") for name in domains]),
        _choice("kind", "Kind", [(name, name) for name in sorted(set(map(_group, found)))]),
        element("button", "Show all", type="reset"),
        element("output", id="shown", role="status"),
        id="controls",
        role="search",
        aria_label="Filter the entry points",
        hidden=True,
    )


def _choice(name: str, label: str, options: Sequence[tuple[str, str]]) -> Markup:
    shown = [
        element("option", "all", value="*"),
        *(element("option", text, value=key) for key, text in options),
    ]
    return element("label", f"{label} ", element("select", shown, id=name))

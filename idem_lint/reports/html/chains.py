"""The way from an entry point to the money: one line that unfolds into the steps, each with its place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from idem_lint.reports.html.elements import Markup, breakable, element, together
from idem_lint.reports.inventory_view import InventoryView
from idem_lint.reports.standing import Entry, money_of, name_of, what_it_does
from idem_lint.reports.summary import plural
from idem_lint.result_types import Place, Step, Write


def place_link(place: Place, view: InventoryView) -> Markup:
    """A place in the source, as a link where the repository's address is known."""
    where = breakable(f"{place.file}:{place.line}")
    address = view.link(place.file, place.line)
    return element("a", where, href=address, rel="noreferrer") if address else element("span", where)


def ways(entry: Entry, view: InventoryView) -> Markup:
    """Every write that an entry point reaches, the surest and nearest first, and what the search could not follow."""
    money = money_of(entry)
    first, others = money.writes[:1], money.writes[1:]
    shown = [_way(entry, write, view) for write in first]
    if others:
        more = [_way(entry, write, view) for write in others]
        shown.append(
            element(
                "details",
                element("summary", f"and {plural(len(others), 'other write')}"),
                more,
                class_="more",
            )
        )
    return together(shown, _not_followed(money.unresolved), _ended(is_complete=money.is_complete))


def _way(entry: Entry, write: Write, view: InventoryView) -> Markup:
    names = [step.qualname.replace(".<locals>", "") for step in write.chain]
    route = " → ".join(names) if len(names) > 1 else name_of(entry)
    summary = element(
        "summary",
        element("span", breakable(route), class_="route"),
        " → ",
        element("span", what_it_does(write), class_="sink"),
        _tags(write),
    )
    return element(
        "details",
        summary,
        element("ol", list(_steps(write.chain, write, view)), class_="chain"),
        _signs(write, view),
        class_="way",
    )


def _signs(write: Write, view: InventoryView) -> Markup:
    """What speaks for a write that was not found, each with its points and its place."""
    if not write.signs:
        return Markup("")
    rows = [
        element(
            "li",
            f"{sign.what} ({sign.points:+})",
            element("span", place_link(sign.place, view), class_="where"),
        )
        for sign in write.signs
    ]
    note = element("p", "No write was found. What speaks for one, and against it:", class_="note")
    return together(note, element("ul", rows, class_="places"))


def _tags(write: Write) -> Markup:
    sure = "sure" if write.certainty == "sure" else "likely"
    tags = [element("span", sure, class_=f"tag {sure}")]
    if write.is_deferred:
        tags.append(element("span", "later, by a task or a queue", class_="tag"))
    if write.guarded_by:
        tags.append(element("span", f"{write.guarded_by} is marked", class_="tag good"))
    return together(*((" ", tag) for tag in tags))


def _steps(chain: Sequence[Step], write: Write, view: InventoryView) -> Iterator[Markup]:
    for step in chain:
        is_last = step is chain[-1]
        name = step.qualname.replace(".<locals>", "")
        guard = (
            [" ", element("span", "@money_moving", class_="tag good")]
            if step.qualname == write.guarded_by
            else []
        )
        yield element(
            "li",
            element("code", breakable(name)),
            guard,
            (" seems to move money: " if write.signs else " writes ") if is_last else " calls ",
            element("code", breakable(step.what)),
            element("span", place_link(step.place, view), class_="where"),
            class_="write" if is_last else "",
        )


def _not_followed(unresolved: Sequence[str]) -> Markup:
    if not unresolved:
        return Markup("")
    names = [element("li", element("code", name)) for name in unresolved]
    title = element("summary", f"{plural(len(unresolved), 'call')} could not be followed")
    return element("details", title, element("ul", names), class_="more")


def _ended(*, is_complete: bool) -> Markup:
    text = "The search ended before it had seen everything."
    return Markup("") if is_complete else element("p", text, class_="note")

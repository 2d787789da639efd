"""``inventory --format markdown``: a comment for a pull request, with what the change adds on top.

Every text of the project stands in a code span, where GitHub and GitLab see neither markup nor mentions nor links.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from idem_lint.reports.inventory_view import InventoryView
from idem_lint.reports.standing import (
    CONTRADICTED,
    UNPROTECTED,
    Entry,
    answer_of,
    entries,
    is_over,
    money_of,
    moves_money,
    name_of,
    opt_outs,
    requests_of,
    standing,
    what_it_does,
)
from idem_lint.reports.summary import plural
from idem_lint.reports.text import printable
from idem_lint.result_types import Mark, Place
from idem_lint.run_results import Inventory, InventoryChange

LIMIT = 65_000
"""Characters; GitHub takes 65,536 for a comment, and whoever sends it may add some."""
_LONGEST = 160
"""Characters of one name, route or reason."""


class _Block(NamedTuple):
    """Lines, some rows that may be cut, and lines."""

    before: tuple[str, ...]
    rows: tuple[str, ...] = ()
    after: tuple[str, ...] = ()


def render(inventory: Inventory, view: InventoryView) -> Iterator[str]:
    """The lines of the comment, no longer than :data:`LIMIT` in all; what is cut is said."""
    found = entries(inventory)
    blocks = [
        _Block(
            (
                f"### {code(view.title) if view.title != InventoryView().title else view.title}",
                "",
                *_answer(found),
            )
        ),
        *_changes(view),
        *_unprotected(found, view),
        *_folded(
            "Entry points that move money",
            _MOVING,
            [_moving(entry, view) for entry in found if moves_money(entry)],
        ),
        *_folded("Opt-outs", _OPT_OUTS, [_opt_out(entry, mark, view) for entry, mark in opt_outs(found)]),
        *_folded("Not judged", _OPEN, list(_open(inventory, view))),
    ]
    yield from _fitted(blocks)


def code(text: str) -> str:
    """Text as a code span, which may stand in a table."""
    shown = printable(text).replace("\t", " ").strip()
    if len(shown) > _LONGEST:
        shown = f"{shown[: _LONGEST - 1]}…"
    if not shown:
        return "-"
    fence = "`" * (max((len(run) for run in re.findall("`+", shown)), default=0) + 1)
    pad = " " if "`" in (shown[0], shown[-1]) else ""
    return f"{fence}{pad}{shown}{pad}{fence}".replace("|", "\\|")


def _fitted(blocks: Sequence[_Block]) -> Iterator[str]:
    """The lines of all blocks; rows at the end are left out where there are too many."""
    room = LIMIT - sum(
        _length((*block.before, *block.after)) + _length([_cut(len(block.rows))]) for block in blocks
    )
    for block in blocks:
        yield from block.before
        for number, row in enumerate(block.rows):
            room -= _length([row])
            if room < 0:
                yield from ("", _cut(len(block.rows) - number))
                break
            yield row
        yield from block.after


def _cut(count: int) -> str:
    rows = "row is" if count == 1 else "rows are"
    return f"_{count} more {rows} left out: a comment has no room for more. `idem-lint inventory` lists all._"


def _length(lines: Sequence[str]) -> int:
    return sum(len(line) + 1 for line in lines) + 1


def _answer(found: Sequence[Entry]) -> Iterator[str]:
    bad = sum(standing(entry) in {UNPROTECTED, CONTRADICTED} for entry in found)
    moving = sum(map(moves_money, found))
    sign = "🔴" if bad else "🟢" if moving else "⚪"
    yield f"{sign} **{answer_of(found)}**"
    yield ""


def _changes(view: InventoryView) -> Iterator[_Block]:
    if view.changes is None:
        return
    heading = f"#### Since {code(view.compared)}"
    if not view.changes:
        yield _Block(
            (
                heading,
                "",
                "Nothing changes: no entry point is new or gone, and none has another domain or mark.",
                "",
            )
        )
        return
    moving = sum(change.moves_money and change.kind != "gone" for change in view.changes)
    said = f"{plural(len(view.changes), 'change')}, {moving} of them where money moves."
    yield _table((heading, "", said, ""), _CHANGES, [_change(change) for change in view.changes], ("",))


_CHANGES = ("", "Entry point", "Domain", "Mark", "Moves money", "Before")
_MOVING = ("How it stands", "Entry point", "Domain", "Mark", "Way to the money")
_OPT_OUTS = ("Ends", "Entry point", "Domain", "Reason", "Where")
_OPEN = ("What", "Where", "Why")


def _table(
    before: tuple[str, ...], columns: Sequence[str], rows: Sequence[str], after: tuple[str, ...]
) -> _Block:
    head = (f"| {' | '.join(columns)} |", f"|{' --- |' * len(columns)}")
    return _Block((*before, *head), tuple(rows), after)


def _folded(title: str, columns: Sequence[str], rows: Sequence[str]) -> Iterator[_Block]:
    if rows:
        opened = (f"<details><summary>{title} ({len(rows)})</summary>", "")
        yield _table(opened, columns, rows, ("", "</details>", ""))


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _change(change: InventoryChange) -> str:
    subject = " ".join(
        [*map(code, change.routes[:2]), code(change.name.replace(".<locals>", "")), code(change.file)]
    )
    moves = ("**yes**" if change.mark != "money_moving" else "yes") if change.moves_money else "no"
    before = ", ".join(map(code, change.was)) or "-"
    return _row(change.kind, subject, code(change.domain or ""), code(change.mark or ""), moves, before)


def _unprotected(found: Sequence[Entry], view: InventoryView) -> Iterator[_Block]:
    rows = [_moving(entry, view) for entry in found if standing(entry) in {UNPROTECTED, CONTRADICTED}]
    if rows and view.changes is None:
        yield _table(("#### Not protected", ""), _MOVING, rows, ("",))


def _moving(entry: Entry, view: InventoryView) -> str:
    writes = money_of(entry).writes
    others = len(writes) - 1
    way = "no write was found"
    if writes:
        names = " → ".join(step.qualname.replace(".<locals>", "") for step in writes[0].chain)
        more = f", and {plural(others, 'other write')}" if others > 0 else ""
        way = f"{code(names)} {what_it_does(writes[0])} ({writes[0].certainty}){more}"
    return _row(
        standing(entry).label, _subject(entry, view), code(entry.domain or ""), code(entry.mark or ""), way
    )


def _subject(entry: Entry, view: InventoryView) -> str:
    requests = [code(request) for request in requests_of(entry)[:2]]
    return " ".join([*requests, code(name_of(entry)), _where(entry.place, view)])


def _where(place: Place, view: InventoryView) -> str:
    shown = code(f"{place.file}:{place.line}")
    address = view.link(place.file, place.line).replace("|", "%7C")
    return f"[{shown}](<{address}>)" if address else shown


def _opt_out(entry: Entry, mark: Mark, view: InventoryView) -> str:
    over = " **(over)**" if view.today is not None and is_over(mark, view.today) else ""
    ends = f"{code(mark.until)}{over}" if mark.until is not None else "never"
    subject = code((requests_of(entry) or [name_of(entry)])[0])
    return _row(ends, subject, code(entry.domain or ""), code(mark.reason or ""), _where(mark.place, view))


def _open(inventory: Inventory, view: InventoryView) -> Iterator[str]:
    for route in inventory.undecided:
        yield _row(f"route {code(route.qualname)}", _where(route.place, view), code(route.reason))
    for site in inventory.unparsed:
        yield _row("cannot be read", _where(site.place, view), code(site.what))
    for site in inventory.faults:
        yield _row("fault of the linter", _where(site.place, view), code(site.what))

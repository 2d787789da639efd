"""The money map: which handlers move money, each with its chain; which are only named like it; how many do neither."""

from __future__ import annotations

from collections.abc import Iterator

from idem_lint.reports.inventory import entry_point, writes
from idem_lint.reports.summary import plural
from idem_lint.reports.text import printable
from idem_lint.result_types import EntryPoint, Handler, MoneyPaths, Write
from idem_lint.run_results import Inventory

_NOTHING = MoneyPaths()
_UNRESOLVED = 5
"""How many calls behind which money may move are named."""


def text(inventory: Inventory) -> Iterator[str]:
    """For people: a handler, the steps from it to the write, and what could not be followed."""
    moving, named = _tiers(inventory)
    for handler in moving:
        yield from with_chain(handler)
    others = entry_points(inventory)
    if others:
        yield from ("", "Other entry points that move money:")
    for point in others:
        yield from with_chain(point)
    opened = [handler for handler in named if not _is_ended(handler)]
    if opened:
        yield ""
        yield "Named like money, and no write was found:"
    for handler in opened:
        yield printable(f"{_where(handler)}  {_what(handler)}  [{handler.mark or 'unmarked'}]")
        yield from (f"    {line}" for line in _open(_money(handler)))
    yield from _followed(inventory)
    yield from ("", summary(inventory)) if moving or named or others else (summary(inventory),)


def _followed(inventory: Inventory) -> Iterator[str]:
    """The handlers that are named like money, where every call was followed to its end: least likely to move any."""
    ended = [each for each in inventory.handlers if _is_ended(each)]
    if ended:
        yield ""
        yield "Named like money, and every call was followed to its end without a write:"
    for handler in ended:
        yield printable(f"{_where(handler)}  {_what(handler)}  [{handler.mark or 'unmarked'}]")


def with_chain(entry: Handler | EntryPoint) -> Iterator[str]:
    """An entry point with the way to its first write."""
    write = _money(entry).writes[0]
    yield printable(f"{_where(entry)}  {_what(entry)}  [{_tags(entry, write)}]")
    for number, step in enumerate(write.chain, start=1):
        verb = ("seems to move money:" if write.signs else "writes") if step is write.chain[-1] else "calls"
        where = f"{step.place.file}:{step.place.line}"
        yield printable(f"    {number}. {where}  {step.qualname} {verb} {step.what}")
    if write.signs:
        yield printable(f"    no write was found; {signs(write)}")
    yield from (f"    {line}" for line in _more(entry))


def signs(write: Write) -> str:
    """What speaks for a write that was not found, and against it: "for it: its name says so: charge (2); …"."""
    points: dict[str, int] = {}
    for sign in write.signs:  # one call may be a sign by its own name, and by that of what it is asked of
        points[sign.what] = points.get(sign.what, 0) + sign.points
    for_it = [f"{what} ({number})" for what, number in points.items() if number > 0]
    against = [f"{what} ({number})" for what, number in points.items() if number < 0]
    return f"for it: {'; '.join(for_it)}" + (f"; against it: {'; '.join(against)}" if against else "")


def markdown(inventory: Inventory) -> Iterator[str]:
    """A table, for a pull request or a wiki."""
    moving, named = _tiers(inventory)
    yield "| moves money | entry point | where | mark | write | certainty | chain |"
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    entries: list[Handler | EntryPoint] = [*moving, *entry_points(inventory), *named]
    for handler in entries:
        money = _money(handler)
        write = money.writes[0] if money.writes else None
        cells = (
            "yes" if write is not None else "by its name",
            _what(handler),
            _where(handler),
            handler.mark or "-",
            f"{write.kind}: {write.sink}" if write is not None else "-",
            write.certainty if write is not None else "-",
            " → ".join(step.qualname for step in write.chain) if write is not None else "-",
        )
        yield f"| {' | '.join(printable(cell).replace('|', chr(92) + '|') for cell in cells)} |"
    yield ""
    yield summary(inventory)


def as_json(inventory: Inventory) -> Iterator[str]:
    """``{"handlers": [{"file", "line", "qualname", "route", "domain", "mark", "moves", "writes": […]}], "entry_points":
    […]}``, in ASCII.

    ``moves`` is ``"sure"``, ``"likely"``, ``"named"`` or ``"no"``; ``entry_points`` are what else starts code, in the form
    of the inventory.
    """
    import json

    rows = [
        {
            "file": handler.place.file,
            "line": handler.place.line,
            "qualname": handler.qualname,
            "route": handler.route,
            "domain": handler.domain,
            "mark": handler.mark,
            "moves": moves(handler),
            "complete": _money(handler).is_complete,
            "unresolved": list(_money(handler).unresolved),
            "left_open": list(_money(handler).left_open),
            "writes": writes(handler),
        }
        for handler in inventory.handlers
    ]
    others = [entry_point(point) for point in inventory.entry_points]
    yield json.dumps({"handlers": rows, "entry_points": others}, indent=2)


def entry_points(inventory: Inventory) -> list[EntryPoint]:
    """What moves money besides handlers of POST."""
    return [point for point in inventory.entry_points if _money(point).writes]


def moves(handler: Handler | EntryPoint) -> str:
    """Whether an entry point moves money: ``sure``, ``likely``, ``named`` (like money, and no write was found) or ``no``."""
    money = _money(handler)
    if money.writes:
        return money.writes[0].certainty
    return "named" if money.is_only_named else "no"


def summary(inventory: Inventory) -> str:
    """The counts in one line."""
    found = [moves(handler) for handler in inventory.handlers]
    unmarked = sum(
        moves(handler) in {"sure", "likely"} and handler.mark is None for handler in inventory.handlers
    )
    moving = found.count("sure") + found.count("likely")
    return (
        f"{plural(len(found), 'handler')}: {moving} {'moves' if moving == 1 else 'move'} money "
        f"({found.count('sure')} for sure, {unmarked} unmarked), {found.count('named')} only named like it"
        f"{_besides(inventory)}"
    )


def _besides(inventory: Inventory) -> str:
    others = entry_points(inventory)
    unmarked = sum(point.mark is None and not point.is_covered and not _is_guarded(point) for point in others)
    what = "entry point moves" if len(others) == 1 else "entry points move"
    return f"; {len(others)} other {what} money ({unmarked} unmarked)" if others else ""


def _tiers(inventory: Inventory) -> tuple[list[Handler], list[Handler]]:
    moving = [handler for handler in inventory.handlers if _money(handler).writes]
    return moving, [handler for handler in inventory.handlers if moves(handler) == "named"]


def _is_ended(handler: Handler) -> bool:
    money = _money(handler)
    return money.is_like_money and money.is_settled


def _is_guarded(point: EntryPoint) -> bool:
    """Whether functions that carry a mark of their own stand on every way."""
    return all(write.guarded_by for write in _money(point).writes)


def _money(entry: Handler | EntryPoint) -> MoneyPaths:
    return entry.money or _NOTHING


def _where(entry: Handler | EntryPoint) -> str:
    return f"{entry.place.file}:{entry.place.line}"


def _what(entry: Handler | EntryPoint) -> str:
    name = entry.qualname.replace(".<locals>", "")
    if isinstance(entry, EntryPoint):
        answers = f"{' and '.join(entry.methods)}{f' {entry.route}' if entry.route else ''}"
        return f"{name} ({entry.title or answers})"
    return f"{name} ({entry.route})" if entry.route else name


def _tags(entry: Handler | EntryPoint, write: Write) -> str:
    return ", ".join(
        [
            write.certainty,
            write.kind,
            *(["deferred"] if write.is_deferred else []),
            entry.mark or (f"`{write.guarded_by}` is marked" if write.guarded_by else "unmarked"),
            *(["behind another"] if isinstance(entry, EntryPoint) and entry.is_covered else []),
        ]
    )


def _more(handler: Handler | EntryPoint) -> Iterator[str]:
    money = _money(handler)
    more = len(money.writes) - 1
    if more:
        yield f"and {plural(more, 'other write')}"
    if not money.is_complete:
        yield "the search ended before it had seen everything"


def _open(money: MoneyPaths) -> Iterator[str]:
    if money.left_open:
        calls = list(dict.fromkeys(money.left_open))
        names = ", ".join(calls[:_UNRESOLVED])
        more = len(calls) - _UNRESOLVED
        yield printable(f"may move it: {names}{f' and {more} more' if more > 0 else ''}")
    if not money.is_complete:
        yield "the search ended before it had seen everything"

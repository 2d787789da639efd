"""The money map: which handlers move money, each with its chain; which are only named like it; how many do neither."""

from __future__ import annotations

from collections.abc import Iterator

from idem_lint.reports.inventory import writes
from idem_lint.reports.summary import plural
from idem_lint.reports.text import printable
from idem_lint.result_types import Handler, MoneyPaths, Write
from idem_lint.run_results import Inventory

_NOTHING = MoneyPaths()
_UNRESOLVED = 5
"""How many calls that nobody could resolve are named."""


def text(inventory: Inventory) -> Iterator[str]:
    """For people: a handler, the steps from it to the write, and what could not be followed."""
    moving, named = _tiers(inventory)
    for handler in moving:
        write = _money(handler).writes[0]
        yield printable(f"{_where(handler)}  {_what(handler)}  [{_tags(handler, write)}]")
        for number, step in enumerate(write.chain, start=1):
            verb = "writes" if step is write.chain[-1] else "calls"
            where = f"{step.place.file}:{step.place.line}"
            yield printable(f"    {number}. {where}  {step.qualname} {verb} {step.what}")
        yield from (f"    {line}" for line in _more(handler))
    if named:
        yield ""
        yield "Named like money, and no write was found:"
    for handler in named:
        yield printable(f"{_where(handler)}  {_what(handler)}  [{handler.mark or 'unmarked'}]")
        yield from (f"    {line}" for line in _open(_money(handler)))
    yield from ("", summary(inventory)) if moving or named else (summary(inventory),)


def markdown(inventory: Inventory) -> Iterator[str]:
    """A table, for a pull request or a wiki."""
    moving, named = _tiers(inventory)
    yield "| moves money | handler | where | mark | write | certainty | chain |"
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    for handler in (*moving, *named):
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
    """``{"handlers": [{"file", "line", "qualname", "route", "domain", "mark", "moves", "writes": […]}]}``, in ASCII.

    ``moves`` is ``"sure"``, ``"likely"``, ``"named"`` or ``"no"``.
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
            "writes": writes(handler),
        }
        for handler in inventory.handlers
    ]
    yield json.dumps({"handlers": rows}, indent=2)


def moves(handler: Handler) -> str:
    """Whether a handler moves money: ``sure``, ``likely``, ``named`` (like money, and no write was found) or ``no``."""
    money = _money(handler)
    if money.writes:
        return money.writes[0].certainty
    return "named" if money.is_named else "no"


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
    )


def _tiers(inventory: Inventory) -> tuple[list[Handler], list[Handler]]:
    moving = [handler for handler in inventory.handlers if _money(handler).writes]
    return moving, [handler for handler in inventory.handlers if moves(handler) == "named"]


def _money(handler: Handler) -> MoneyPaths:
    return handler.money or _NOTHING


def _where(handler: Handler) -> str:
    return f"{handler.place.file}:{handler.place.line}"


def _what(handler: Handler) -> str:
    name = handler.qualname.replace(".<locals>", "")
    return f"{name} ({handler.route})" if handler.route else name


def _tags(handler: Handler, write: Write) -> str:
    return ", ".join(
        [
            write.certainty,
            write.kind,
            *(["deferred"] if write.is_deferred else []),
            handler.mark or "unmarked",
        ]
    )


def _more(handler: Handler) -> Iterator[str]:
    money = _money(handler)
    more = len(money.writes) - 1
    if more:
        yield f"and {plural(more, 'other write')}"
    if not money.is_complete:
        yield "the search ended before it had seen everything"


def _open(money: MoneyPaths) -> Iterator[str]:
    if money.unresolved:
        names = ", ".join(money.unresolved[:_UNRESOLVED])
        more = len(money.unresolved) - _UNRESOLVED
        yield printable(f"not followed: {names}{f' and {more} more' if more > 0 else ''}")

"""How an entry point stands: whether it moves money, and whether a retry of it is protected."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Literal, NamedTuple, TypeAlias

from idem_lint.reports.summary import plural
from idem_lint.result_types import EntryPoint, Handler, Mark, MoneyPaths, Write
from idem_lint.run_results import Inventory

Entry: TypeAlias = Handler | EntryPoint
Tone: TypeAlias = Literal["bad", "warn", "good", "plain"]


class Standing(NamedTuple):
    """``key`` is its name for programs; ``label`` is a few words, ``meaning`` a whole sentence. ``tone``: how bad it is."""

    key: str
    label: str
    meaning: str
    tone: Tone


UNPROTECTED = Standing(
    "unprotected",
    "Unprotected",
    "Moves money and carries no mark: a retry could move it twice.",
    "bad",
)
CONTRADICTED = Standing(
    "contradicted",
    "Opted out, yet writes",
    "Says that it moves no money, and a write of money is reached from it.",
    "bad",
)
SUSPECTED = Standing(
    "suspected",
    "Unmarked, named like money",
    "No write of money was found, but its name or route says money, and nobody has decided.",
    "warn",
)
UNMARKED = Standing(
    "unmarked",
    "Unmarked",
    "Stands in a money domain, no write of money was found, and nobody has decided.",
    "warn",
)
MARKED = Standing(
    "marked",
    "Protected",
    "Carries @money_moving: a retry gets the first answer again.",
    "good",
)
GUARDED = Standing(
    "guarded",
    "Protected further in",
    "Carries no mark itself; on every way to the money a function does.",
    "good",
)
COVERED = Standing(
    "covered",
    "Behind another",
    "All that it writes is reached from another entry point, too, which answers for it.",
    "plain",
)
OPTED_OUT = Standing(
    "opted-out",
    "Opted out",
    "Carries @not_money_moving with a reason, and no write of money was found.",
    "plain",
)
QUIET = Standing(
    "quiet",
    "No money found",
    "No write of money was found, and no rule asks for a mark here.",
    "plain",
)
STANDINGS = (UNPROTECTED, CONTRADICTED, SUSPECTED, UNMARKED, GUARDED, MARKED, COVERED, OPTED_OUT, QUIET)
"""The most urgent first."""
_NOTHING = MoneyPaths()
_DEEDS = {
    "ledger": "writes the ledger",
    "row": "adds a movement of money",
    "balance": "changes a balance",
    "status": "settles a movement",
    "sql": "writes a money table by SQL",
    "document": "writes a money document",
    "provider": "calls a payment provider",
    "service": "calls another service",
    "message": "sends a message",
    "signs": "seems to move money",
}


def standing(entry: Entry) -> Standing:
    """How an entry point stands."""
    writes = money_of(entry).writes
    if entry.mark == "money_moving":
        return MARKED
    if writes and all(write.guarded_by for write in writes):
        return GUARDED
    if entry.mark == "not_money_moving":
        return CONTRADICTED if money_of(entry).found else OPTED_OUT
    if writes:
        return COVERED if isinstance(entry, EntryPoint) and entry.is_covered else UNPROTECTED
    if not isinstance(entry, Handler):
        return QUIET
    if money_of(entry).is_named:
        return SUSPECTED
    return UNMARKED if entry.domain is not None else QUIET


def entries(inventory: Inventory) -> list[Entry]:
    """All entry points, the most urgent first, then by domain (outside of all last), then by place."""
    found: list[Entry] = [*inventory.handlers, *inventory.entry_points]
    return sorted(found, key=_order)


def _order(entry: Entry) -> tuple[object, ...]:
    place = entry.place
    return (
        STANDINGS.index(standing(entry)),
        entry.domain is None,
        entry.domain or "",
        place.file,
        place.line,
        place.column,
        entry.qualname,
    )


def money_of(entry: Entry) -> MoneyPaths:
    """Where money goes from an entry point; nowhere, where nobody looked."""
    return entry.money or _NOTHING


def moves_money(entry: Entry) -> bool:
    """Whether a write of money was found from it, or it says itself that it moves money."""
    return bool(money_of(entry).writes) or entry.mark == "money_moving"


def answer_of(found: Sequence[Entry]) -> str:
    """Whether a retry could move money twice, in one sentence."""
    moving = sum(map(moves_money, found))
    bad = sum(standing(entry) in {UNPROTECTED, CONTRADICTED} for entry in found)
    if not moving:
        return "No entry point that moves money was found."
    points = f"{plural(moving, 'entry point')} that {'moves' if moving == 1 else 'move'} money"
    if not bad:
        return f"{points}: every one is protected, a retry moves nothing twice."
    return (
        f"{bad} of {points} {'is' if bad == 1 else 'are'} not protected: a retry could move that money twice."
    )


def opt_outs(found: Iterable[Entry]) -> list[tuple[Entry, Mark]]:
    """The opt-outs in force, those that end first before those that never do."""
    pairs = [
        (entry, mark)
        for entry in found
        for mark in entry.marks
        if mark.name == "not_money_moving" and not mark.problem and entry.mark == "not_money_moving"
    ]
    return sorted(pairs, key=lambda pair: (pair[1].until is None, pair[1].until or "", _order(pair[0])[1:]))


def is_over(mark: Mark, today: date) -> bool:
    """Whether an opt-out has ended; the day of its ``until=`` is still inside, and what is no date is taken as over."""
    if mark.until is None:
        return False
    try:
        return date.fromisoformat(mark.until) < today
    except ValueError:
        return True


def name_of(entry: Entry) -> str:
    """The function as people say it."""
    return entry.qualname.replace(".<locals>", "")


def requests_of(entry: Entry) -> list[str]:
    """What reaches it, one request each: ``POST /wallet/transfers``; nothing where that is no request of HTTP."""
    if isinstance(entry, Handler):
        methods = "RPC" if entry.is_rpc else "/".join(entry.methods)
        routes = entry.routes or ((entry.route,) if entry.route else ())
        return [f"{methods} {route}" for route in routes] or [methods]
    return [" ".join(filter(None, ("/".join(entry.methods), entry.route)))] if entry.methods else []


def what_it_does(write: Write) -> str:
    """A write in a few words: ``calls a payment provider``."""
    return _DEEDS.get(write.kind, "moves money")


def kind_of(entry: Entry) -> str:
    """What it is: ``fastapi handler``, ``Celery task``."""
    if isinstance(entry, Handler):
        return f"{entry.framework} {'RPC' if entry.is_rpc else 'handler'}"
    return entry.title.removeprefix("a ").removeprefix("an ") or "handler"

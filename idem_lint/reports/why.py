"""``idem-lint why``: how the calls around one line were resolved, and where the search stopped."""

from __future__ import annotations

from collections.abc import Iterator

from idem_lint.reports.money import with_chain
from idem_lint.reports.summary import plural
from idem_lint.reports.text import printable
from idem_lint.result_types import EntryPoint, ExplainedCall, Explanation, Handler

_SHOWN = 10
"""How many entry points that lead to a function are named."""


def text(explanation: Explanation) -> Iterator[str]:
    """For people: who starts the function, its way to a write, its calls, what leads to it."""
    yield printable(f"{_where(explanation)}  {explanation.qualname}")
    if not explanation.entries:
        yield "    no entry point itself"
    for entry in explanation.entries:
        yield from _entry(entry)
    yield from ("", "Calls:") if explanation.calls else ("", "It calls nothing.")
    for call in explanation.calls:
        yield from map(printable, _call(call))
    if explanation.reached_from:
        yield ""
        yield f"On the way to a write from {plural(len(explanation.reached_from), 'entry point')}:"
        for entry in explanation.reached_from[:_SHOWN]:
            yield printable(f"    {entry.place.file}:{entry.place.line}  {entry.qualname}")
        more = len(explanation.reached_from) - _SHOWN
        yield from (f"    and {more} more",) if more > 0 else ()
    stopped = sum(call.stops for call in explanation.calls)
    yield ""
    yield f"{plural(len(explanation.calls), 'call')}, {stopped} not resolved"


def _entry(entry: Handler | EntryPoint) -> Iterator[str]:
    money = entry.money
    if money is not None and money.writes:
        yield from (f"    {line}" for line in with_chain(entry))
        return
    kind = "a handler" if isinstance(entry, Handler) or not entry.title else entry.title
    yield printable(f"    is {kind}, and no write was found from it")
    if money is not None and money.unresolved:
        yield printable(f"    not resolved on its ways: {', '.join(money.unresolved)}")


def _call(call: ExplainedCall) -> Iterator[str]:
    mark = "writes" if call.writes else "stops" if call.stops else "calls"
    what = f": {call.writes}" if call.writes else f": {call.how}"
    yield f"    {call.place.line}  {call.written}(…)  {mark}{what}"
    for target in call.targets:
        yield f"        -> {target.place.file}:{target.place.line}  {target.what}"


def _where(explanation: Explanation) -> str:
    return f"{explanation.place.file}:{explanation.place.line}"

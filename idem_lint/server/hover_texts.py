"""What an editor shows over a mark and over a handler."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from idem_lint.engine.imports import ParseError, parse
from idem_lint.reports.money import moves, with_chain
from idem_lint.reports.summary import plural
from idem_lint.result_types import EntryPoint, Explanation, Handler, Mark
from idem_lint.server.documentation import page

_WORD = re.compile(r"\w+")
_RUNTIME = "idem_runtime"

MARKS = {
    "money_moving": """\
**`@money_moving`: executed once for each principal, operation and key**

The first request with an `Idempotency-Key` runs. The same again gets the stored answer, byte for byte; the same key
with another body is refused (409), and so is a request without a key (400).

Key, answer and all that is written through the lent connection are committed together, or nothing is. With
`effect="external"`: at most once; after a crash the outcome is *unknown*, and nothing runs again by itself.

- `principal=` says who asks, so that the keys of two tenants never meet (default: the resolver of `Idempotency`)
- `record=` says by its status whether an answer is kept (default: below 500, but for 408, 425 and 429)
- `wait=` is how long a duplicate waits for the original before it gets a 409 (default: a second; at most 60)
- `operation=` names what is done, whatever the route is called; `key=` takes the key from elsewhere
- `connection="inside"` vouches that the function takes our connection in what it calls
""",
    "not_money_moving": """\
**`@not_money_moving(reason=…)`: running it twice moves no money**

At run time nothing is asked for and nothing is stored: every call runs. The mark is a promise, and the linter holds it
against the code: where a write of money is reached, it is a lie (IDM101).

- `reason=` says why, as a text that is written out
- `until="2027-01-31"` ends the promise: past that day it is a finding (IDM005)
""",
    "ledger_write": """\
**`@ledger_write`: this function writes the ledger**

For the linter, whatever reaches it moves money for sure. At run time it refuses to be called outside the execution of a
function that is `@money_moving`.
""",
}
"""What each mark guarantees, as Markdown."""


def mark_at(source: bytes, line: str, column: int) -> tuple[str, int, int] | None:
    """The mark whose name stands at a column (from 1) of a line, under whatever name it is imported, with the columns
    between which it stands.
    """
    for word in _WORD.finditer(line):
        if word.start() < column <= word.end() + 1:
            name = _aliases(source).get(word[0], word[0])
            return (name, word.start() + 1, word.end() + 1) if name in MARKS else None
    return None


def _aliases(source: bytes) -> dict[str, str]:
    """What the runtime's names are called in a module; nothing where it cannot be parsed."""
    try:
        tree = parse(source)
    except ParseError:
        return {}
    return {
        name.asname: name.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == _RUNTIME
        for name in node.names
        if name.asname is not None
    }


def about_mark(name: str, mark: Mark | None) -> str:
    """What a mark guarantees; and of one that does nothing where it stands, why."""
    text = MARKS[name]
    if mark is not None and mark.problem:
        heading, _, rest = text.partition("\n\n")
        text = f"{heading}\n\nIt does nothing here, because {mark.problem}.\n\n{rest}"
    return f"{text}\n{page('runtime', 'what-a-mark-may-say')}"


def about_entry(entry: Handler | EntryPoint, explanation: Explanation | None) -> str:
    """What an entry point answers to, why it is judged or not, and whether money moves from it."""
    return "\n".join(_about_entry(entry, explanation))


def _about_entry(entry: Handler | EntryPoint, explanation: Explanation | None) -> Iterator[str]:
    yield f"**{_title(entry)}**"
    yield ""
    if entry.domain is not None:
        yield f"- domain: {entry.domain}{f' ({entry.domain_reason})' if entry.domain_reason else ''}"
    else:
        yield f"- in no money domain{_outside(entry)}"
    yield f"- mark: {_mark(entry)}"
    yield f"- money: {_money(entry)}"
    if entry.money is not None and entry.money.unresolved:
        yield f"- not followed: {', '.join(f'`{name}`' for name in entry.money.unresolved)}"
    if explanation is not None and explanation.calls:
        stopped = sum(call.stops for call in explanation.calls)
        yield f"- {plural(len(explanation.calls), 'call')}, {stopped} not resolved"
    if entry.money is not None and entry.money.writes:
        yield from ("", "```text", *with_chain(entry), "```")
    yield from (
        "",
        f"`idem-lint why {entry.place.file}:{entry.place.line}` says how each call was resolved. ",
    )
    yield page("money", "how-the-money-map-finds-it")


def _title(entry: Handler | EntryPoint) -> str:
    name = entry.qualname.replace(".<locals>", "")
    if isinstance(entry, EntryPoint) and entry.title:
        return f"`{name}` is {entry.title}"
    methods = "RPC" if isinstance(entry, Handler) and entry.is_rpc else " ".join(entry.methods)
    routes = entry.routes if isinstance(entry, Handler) else filter(None, [entry.route])
    where = ", ".join(f"`{route}`" for route in routes)
    return f"`{name}` answers {methods}{f' {where}' if where else ''}"


def _outside(entry: Handler | EntryPoint) -> str:
    word = entry.outside if isinstance(entry, Handler) else None
    return f", though {word.reason} says money" if word is not None else ""


def _mark(entry: Handler | EntryPoint) -> str:
    if entry.mark is not None:
        return f"`@{entry.mark}`"
    problems = [f"`@{mark.written}` does nothing, because {mark.problem}" for mark in entry.marks]
    return "; ".join(problems) or "none"


def _money(entry: Handler | EntryPoint) -> str:
    match moves(entry):
        case "sure":
            return "moves it, for sure"
        case "likely":
            return "likely moves it"
        case "named":
            return "named like it, no write was found"
        case _:
            return "no write was found"

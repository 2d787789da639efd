"""The inventory of handlers: table, JSON, CSV."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from idem_lint.reports.summary import plural
from idem_lint.reports.text import printable
from idem_lint.result_types import EntryPoint, Handler, Site, Undecided
from idem_lint.run_results import Inventory

COLUMNS = (
    "file",
    "line",
    "qualname",
    "framework",
    "methods",
    "route",
    "domain",
    "mark",
    "reason",
    "evidence",
    "registered",
    "domain_reason",
)


def as_json(inventory: Inventory) -> Iterator[str]:
    """``{"paths": […], "handlers": […], "entry_points": […], "undecided": […], "unparsed": […], "failed": […]}``, in ASCII.

    ``paths`` are the files and folders that were looked at, "." for all below the working directory.
    ``entry_points`` are what starts code besides handlers of POST, in the form of :func:`entry_point`.
    """
    import json

    document = {
        "paths": list(inventory.paths),
        "handlers": [_handler(handler) for handler in inventory.handlers],
        "entry_points": [entry_point(point) for point in inventory.entry_points],
        "undecided": [_undecided(route) for route in inventory.undecided],
        "unparsed": [_unparsed(site) for site in inventory.unparsed],
        "failed": [_unparsed(site) for site in inventory.faults],
    }
    yield json.dumps(document, indent=2)


def as_csv(inventory: Inventory) -> Iterator[str]:
    """One row a handler, then what is undecided and unparsed: ``kind`` says which, ``reason`` why."""
    import csv
    from io import StringIO

    buffer = StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(("kind", *COLUMNS))
    for handler in inventory.handlers:
        row = {
            **_handler(handler),
            "methods": " ".join(handler.methods),
            "registered": " ".join(_registered(handler)),
        }
        writer.writerow(("handler", *(row[column] for column in COLUMNS)))
    for kind, rows in _open_rows(inventory):
        for row in rows:
            writer.writerow((kind, *(row.get(column, "") for column in COLUMNS)))
    yield buffer.getvalue().removesuffix("\n")


def table(inventory: Inventory) -> Iterator[str]:
    """Aligned columns for a terminal, then what is undecided and unparsed, then the count."""
    rows = [_cells(handler) for handler in inventory.handlers]
    widths = [max(map(len, column)) for column in zip(_HEADINGS, *rows, strict=True)]
    for row in (_HEADINGS, *rows) if rows else ():
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
    yield from _open_lines(inventory)
    yield _summary(inventory)


_HEADINGS = (
    "where",
    "handler",
    "framework",
    "methods",
    "route",
    "domain",
    "mark",
    "evidence",
    "registered in",
)


def _cells(handler: Handler) -> tuple[str, ...]:
    mark = f"{handler.mark}: {_reason(handler)}" if _reason(handler) else handler.mark
    values = (
        f"{handler.place.file}:{handler.place.line}",
        handler.qualname,
        handler.framework,
        " ".join(handler.methods),
        handler.route,
        handler.domain,
        mark,
        handler.evidence,
        ", ".join(_registered(handler)),
    )
    return tuple(printable(value) if value else "-" for value in values)


def _reason(handler: Handler) -> str | None:
    """The reason of the opt-out in force."""
    reasons = (mark.reason for mark in handler.effective() if mark.name == "not_money_moving")
    return next(reasons, None)


def _handler(handler: Handler) -> dict[str, object]:
    return {
        "file": handler.place.file,
        "line": handler.place.line,
        "qualname": handler.qualname,
        "framework": handler.framework,
        "methods": list(handler.methods),
        "route": handler.route,
        "routes": list(handler.routes),
        "domain": handler.domain,
        "domain_reason": handler.domain_reason,
        "mark": handler.mark,
        "reason": _reason(handler),
        "evidence": handler.evidence,
        "registered": _registered(handler),
        "writes": writes(handler),
    }


def entry_point(point: EntryPoint) -> dict[str, object]:
    """What starts code besides a handler of POST. ``covered``: a reported or marked entry point leads to it."""
    return {
        "file": point.place.file,
        "line": point.place.line,
        "qualname": point.qualname,
        "kind": point.kind,
        "title": point.title,
        "methods": list(point.methods),
        "route": point.route,
        "domain": point.domain,
        "mark": point.mark,
        "registered": [f"{place.file}:{place.line}" for place in point.started],
        "covered": point.is_covered,
        "writes": writes(point),
    }


def writes(entry: Handler | EntryPoint) -> list[dict[str, object]]:
    """The writes of money that an entry point reaches, each with its chain; what nobody could resolve stands in each.

    ``guarded_by`` is the function on the way that carries ``@money_moving`` itself; empty where none does. ``signs`` are
    what speaks for a write of the kind ``signs``; of others none.
    """
    money = entry.money
    if money is None:
        return []
    return [
        {
            "kind": write.kind,
            "sink": write.sink,
            "file": write.place.file,
            "line": write.place.line,
            "certainty": write.certainty,
            "deferred": write.is_deferred,
            "guarded_by": write.guarded_by,
            "chain": [
                {
                    "qualname": step.qualname,
                    "file": step.place.file,
                    "line": step.place.line,
                    "what": step.what,
                }
                for step in write.chain
            ],
            "signs": [
                {
                    "what": sign.what,
                    "points": sign.points,
                    "file": sign.place.file,
                    "line": sign.place.line,
                }
                for sign in write.signs
            ],
            "unresolved": list(money.unresolved),
        }
        for write in money.writes
    ]


def _registered(handler: Handler) -> list[str]:
    """Where the handler is registered, ``file:line`` each, unless a decorator directly above it does that."""
    return [f"{place.file}:{place.line}" for place in handler.registered]


def _undecided(route: Undecided) -> dict[str, object]:
    return {
        "file": route.place.file,
        "line": route.place.line,
        "qualname": route.qualname,
        "framework": route.framework,
        "domain": route.domain,
        "reason": route.reason,
    }


def _unparsed(site: Site) -> dict[str, object]:
    return {"file": site.place.file, "line": site.place.line, "reason": site.what}


def _open_rows(inventory: Inventory) -> Iterator[tuple[str, Sequence[dict[str, object]]]]:
    yield "undecided", [_undecided(route) for route in inventory.undecided]
    yield "unparsed", [_unparsed(site) for site in inventory.unparsed]
    yield "failed", [_unparsed(site) for site in inventory.faults]


def _open_lines(inventory: Inventory) -> Iterator[str]:
    for kind, rows in _open_rows(inventory):
        for row in rows:
            subject = f"{row['qualname']}: " if row.get("qualname") else ""
            yield printable(f"{kind}: {row['file']}:{row['line']}: {subject}{row['reason']}")


def _summary(inventory: Inventory) -> str:
    marked = sum(handler.mark is not None for handler in inventory.handlers)
    return (
        f"{plural(len(inventory.handlers), 'handler')}, {marked} marked, "
        f"{len(inventory.undecided)} undecided, {plural(len(inventory.unparsed), 'file')} unparsed"
    )

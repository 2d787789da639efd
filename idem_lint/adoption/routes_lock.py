"""The lock of the handlers: which there are, in which domain, with which mark, and whether money moves there; committed, so
that a change of any of these is a line in a review.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias, cast

from idem_lint.result_types import Handler
from idem_lint.run_results import InventoryChange
from idem_lint.source.discovery import UsageError, shown

_VERSION = 1
_FACTS = ("domain", "mark", "moves_money")


class Locked(NamedTuple):
    """What is noted of a handler; ``file`` is relative to the folder of the lock. The line is not noted."""

    file: str
    name: str
    routes: tuple[str, ...]
    domain: str | None
    mark: str | None
    moves_money: bool


def locked(handlers: Iterable[Handler], file: Path) -> list[Locked]:
    """What a lock at ``file`` notes of some handlers, sorted."""
    return sorted((_locked(handler, file) for handler in handlers), key=_order)


def _locked(handler: Handler, file: Path) -> Locked:
    relative = os.path.relpath(os.path.abspath(handler.place.file), os.path.abspath(file.parent))
    return Locked(
        relative.replace(os.sep, "/"),
        handler.qualname,
        tuple(sorted(handler.routes)),
        handler.domain,
        handler.mark,
        handler.money is not None and bool(handler.money.found),
    )


def _order(row: Locked) -> tuple[str, str, tuple[str, ...]]:
    return row.file, row.name, row.routes


def text(rows: Iterable[Locked]) -> str:
    """A lock's content: one handler a line."""
    lines = ",\n".join(f"  {json.dumps(row._asdict(), ensure_ascii=False)}" for row in rows)
    return f'{{"version": {_VERSION}, "handlers": [\n{lines}\n]}}\n'


def read(file: Path) -> list[Locked]:
    """The rows of a lock. Raises UsageError where it cannot be read or is none."""
    try:
        document: Any = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        hint = (
            f"; to write it: idem-lint inventory --write {file}"
            if isinstance(error, FileNotFoundError)
            else ""
        )
        raise UsageError(f"{shown(file)}: cannot be read: {error.strerror or error}{hint}") from error
    except ValueError as error:
        raise UsageError(f"{shown(file)}: is no lock of handlers: {error}") from error
    try:
        if document["version"] != _VERSION:
            raise UsageError(f"{shown(file)}: is a lock of another version of idem-lint; write it anew")
        rows = cast("list[dict[str, Any]]", document["handlers"])
        return [Locked(**row)._replace(routes=tuple(row["routes"])) for row in rows]
    except (KeyError, TypeError) as error:
        raise UsageError(
            f"{shown(file)}: is no lock of handlers: idem-lint inventory --write writes one"
        ) from error


class Difference(NamedTuple):
    """A line to read about one handler; ``is_move``: it only stands in another file or answers another route, which needs
    no review.
    """

    line: str
    is_move: bool = False


def differences(before: Iterable[Locked], now: Iterable[Locked]) -> list[Difference]:
    """What is different between a lock and the code, handler by handler."""
    return list(_differences(*_matched(list(before), list(now))))


def changes(before: Iterable[Locked], now: Iterable[Locked]) -> list[InventoryChange]:
    """The same for a report, without what only moved."""
    new, gone, pairs = _matched(list(before), list(now))
    found = [InventoryChange("new", *row) for row in new]
    found += [
        InventoryChange("changed", *row, was=tuple(changed))
        for old, row in pairs
        if (changed := _changed(old, row))
    ]
    return found + [InventoryChange("gone", *row) for row in gone]


_Pairs: TypeAlias = list[tuple[Locked, Locked]]


def _matched(before: list[Locked], now: list[Locked]) -> tuple[list[Locked], list[Locked], _Pairs]:
    """What is new, what is gone, and what is in both, by its place or else by its name and routes."""
    pairs: _Pairs = []
    for same in (_by_place, _by_name):
        for row in list(now):
            partner = next((old for old in before if same(old) == same(row)), None)
            if partner is not None:
                pairs.append((partner, row))
                before.remove(partner)
                now.remove(row)
    return now, before, sorted(pairs, key=lambda pair: _order(pair[1]))


def _differences(new: list[Locked], gone: list[Locked], pairs: _Pairs) -> Iterator[Difference]:
    for row in new:
        yield Difference(f"+ {_told(row)}")
    for row in gone:
        yield Difference(f"- {_told(row)}")
    for old, row in pairs:
        changed = _changed(old, row)
        if changed:
            yield Difference(f"~ {_who(row)}: {', '.join(changed)}")
        if old.file != row.file:
            yield Difference(f"  {_who(row)}: was in {old.file}", is_move=True)
        if old.routes != row.routes:
            yield Difference(f"  {_who(row)}: was at {', '.join(old.routes) or 'no route'}", is_move=True)


def _changed(old: Locked, row: Locked) -> list[str]:
    return [
        f"{name.replace('_', ' ')}: {_said(getattr(old, name))} -> {_said(getattr(row, name))}"
        for name in _FACTS
        if getattr(old, name) != getattr(row, name)
    ]


def _by_place(row: Locked) -> tuple[object, ...]:
    return row.file, row.name


def _by_name(row: Locked) -> tuple[object, ...]:
    return row.name, row.routes


def _who(row: Locked) -> str:
    routes = f" ({', '.join(row.routes)})" if row.routes else ""
    return f"{row.file} {row.name.replace('.<locals>', '')}{routes}"


def _told(row: Locked) -> str:
    facts = [
        f"domain: {_said(row.domain)}",
        f"mark: {_said(row.mark)}",
        f"moves money: {_said(row.moves_money)}",
    ]
    return f"{_who(row)}: {', '.join(facts)}"


def _said(value: object) -> str:
    words: dict[object, str] = {True: "yes", False: "no", None: "none"}
    return words.get(value, str(value))

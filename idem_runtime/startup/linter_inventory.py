"""``inventory=``: the linter's list of handlers (``idem-lint inventory --format json``) and the routes have to agree."""

from __future__ import annotations

import inspect
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple, cast

from idem_runtime import log_records
from idem_runtime.errors import ConfigurationError
from idem_runtime.marks import MoneyMoving, NotMoneyMoving
from idem_runtime.startup.endpoints import Endpoint

MARK_NAMES: dict[type[Any], str] = {MoneyMoving: "money_moving", NotMoneyMoving: "not_money_moving"}
"""As the inventory writes them."""
_SHOWN = 10
"""How many handlers that are not served are named."""
_NO_CODE = "", ""


class _Row(NamedTuple):
    """A handler as the inventory lists it; ``mark`` is ``None`` without one. ``is_open``: the linter said itself that it
    does not know which requests reach it.
    """

    file: str
    line: int
    name: str
    mark: str | None
    route: str | None = None
    is_open: bool = False

    def __str__(self) -> str:
        """Its request and place, for messages."""
        return f"POST {self.route or '(a route that the source does not tell)'} ({self.name}, {self.file}:{self.line})"


class _Served(NamedTuple):
    """What answers POST: the endpoint, the function, and where both it and its class are written, with their names."""

    endpoint: Endpoint
    function: Any
    places: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        """Its request and place, for messages."""
        return f"POST {self.endpoint.template} ({self.endpoint.where(self.function)})"


class LinterInventory:
    """The file, which is read when endpoints are first compared with it."""

    def __init__(self, path: Any) -> None:
        """``path``: of the file."""
        self._path = path
        self._told = False

    def check(self, endpoints: Iterable[Endpoint], *, complete: bool) -> None:
        """Compare the endpoints whose source is in the folders that the linter looked at.

        ``complete``: these are all endpoints that there are; handlers of the inventory that are not among them are logged,
        once, because they move nothing here.

        :raises ConfigurationError: the file cannot be read; an endpoint is not in the inventory, or runs under another mark
            than the linter read.
        """
        served = [_served(endpoint) for endpoint in endpoints if endpoint.posts]
        root = self._root(served)
        met: set[_Row] = set()
        for answering in served:
            met.update(self._compared(answering, root))
        if complete and not self._told:
            self._told = True
            self._tell([row for row in self._rows if row not in met and not row.is_open])

    @cached_property
    def _document(self) -> dict[str, Any]:
        remedy = f"to write it: idem-lint inventory --format json --output {self._path}"
        try:
            document: Any = json.loads(Path(self._path).read_text(encoding="utf-8"))
        except OSError as error:
            raise ConfigurationError(
                f"inventory={str(self._path)!r} cannot be read: {error.strerror or error}; {remedy}"
            ) from error
        except ValueError as error:
            raise ConfigurationError(
                f"inventory={str(self._path)!r} is no JSON: {error}; {remedy}"
            ) from error
        if not _is_inventory(document):
            raise ConfigurationError(
                f"inventory={str(self._path)!r} is no inventory of the linter's; {remedy}"
            )
        return cast("dict[str, Any]", document)

    @cached_property
    def _rows(self) -> list[_Row]:
        handlers = [
            _Row(row["file"], row.get("line", 0), _plain(row["qualname"]), row["mark"], row.get("route"))
            for row in self._document["handlers"]
        ]
        undecided = [
            _Row(row["file"], row["line"], _plain(row["qualname"]), None, is_open=True)
            for row in self._document.get("undecided", [])
        ]
        return handlers + undecided

    def _root(self, served: Iterable[_Served]) -> str:
        """The folder, with a slash, that the linter ran in, wherever its files lie now: the one that most files are found
        below. ``"?"`` where none is.
        """
        files = {row.file for row in self._rows}
        sources = {source for answering in served for source, _ in answering.places}
        roots = Counter(
            source.removesuffix(file)
            for source in sorted(sources)
            for file in files
            if source.endswith(f"/{file}") or source == file
        )
        return roots.most_common(1)[0][0] if roots else "?"

    def _compared(self, answering: _Served, root: str) -> list[_Row]:
        """The rows of what answers.

        :raises ConfigurationError: there is none, or it has another mark.
        """
        places = [
            (source.removeprefix(root), name) for source, name in answering.places if source.startswith(root)
        ]
        if not any(self._was_looked_at(file) for file, _ in places):
            return []
        rows = self._rows_at(places)
        if not rows:
            raise ConfigurationError(
                f"{answering} is not in the inventory {self._path}: idem-lint does not see that it is registered. Write it "
                f"anew (idem-lint inventory --format json --output {self._path}); where the handler stays away, register it "
                "where the source shows it, or say in [tool.idem-lint] what registers it (routers) or take it out of exclude"
            )
        actual = MARK_NAMES.get(type(answering.endpoint.mark()))
        if any(row.is_open for row in rows) or any(row.mark == actual for row in rows):
            return rows
        raise ConfigurationError(
            f"{answering} runs {actual or 'unmarked'}, but the inventory says {rows[0].mark or 'unmarked'} "
            f"({rows[0].file}:{rows[0].line}): write it anew, or mark the handler as it was read"
        )

    def _was_looked_at(self, file: str) -> bool:
        """Whether a file of this path is one that the linter looked at: listed, or below a folder that it was given."""
        folders: list[str] = self._document.get("paths", [])
        inside = any(folder in {".", file} or file.startswith(f"{folder}/") for folder in folders)
        is_package = "site-packages" in file.split("/")
        return any(row.file == file for row in self._rows) or (inside and not is_package)

    def _rows_at(self, places: Sequence[tuple[str, str]]) -> list[_Row]:
        """The rows of the same name; where there are none, of the same last name (a handler may be wrapped); where there
        are none, what the linter could not name in the file.
        """
        near = [
            row
            for row in self._rows
            for file, name in places
            if row.file == file and _last(row.name) == _last(name)
        ]
        same = [row for row in near if any(row.name == name for _, name in places)]
        unnamed = [row for row in self._rows if row.is_open and not row.name and row.file in dict(places)]
        return same or near or unnamed

    def _tell(self, rows: Sequence[_Row]) -> None:
        if rows:
            more = f" and {len(rows) - _SHOWN} more" if len(rows) > _SHOWN else ""
            log_records.handlers_not_served(str(self._path), f"{', '.join(map(str, rows[:_SHOWN]))}{more}")


def _is_inventory(document: Any) -> bool:
    return isinstance(document, dict) and isinstance(cast("dict[str, Any]", document).get("handlers"), list)


def _served(endpoint: Endpoint) -> _Served:
    view = endpoint.view_class
    function = inspect.unwrap(getattr(view, "post", endpoint.function))
    written = [_written(function), *([_written(view)] if view is not None else [])]
    return _Served(endpoint, function, tuple(place for place in written if place != _NO_CODE))


def _written(what: Any) -> tuple[str, str]:
    """The file in which a function or class is written, and its name there."""
    try:
        file = inspect.getsourcefile(what)
    except TypeError:  # neither: an object that can be called, a function of C
        return _NO_CODE
    return (Path(file).as_posix(), _plain(what.__qualname__)) if file else _NO_CODE


def _plain(name: str) -> str:
    return name.replace(".<locals>", "")


def _last(name: str) -> str:
    return name.rpartition(".")[2]

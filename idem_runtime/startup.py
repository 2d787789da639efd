"""What every HTTP adapter checks of its routing table before it serves: marks, the linter's inventory, connections."""

from __future__ import annotations

import inspect
import json
import warnings
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from idem_runtime import lending
from idem_runtime.errors import ConfigurationError
from idem_runtime.lending import Entry
from idem_runtime.marks import Mark, MoneyMoving, NotMoneyMoving, mark_of

MARK_NAMES: dict[type[Any], str] = {MoneyMoving: "money_moving", NotMoneyMoving: "not_money_moving"}
METHODS = {name: name.upper() for name in ("get", "head", "post", "put", "patch", "delete", "options")} | {
    "dispatch_request": "*"
}
"""What answers in a class view, by the name of its method."""
NO_WAY = (
    "@money_moving, but nothing in it leads to the connection that we lend, so what it writes is not in our transaction. "
    "Take the connection (FastAPI: Depends(idem.connection); Flask: a parameter with the default idem.lent; anywhere: "
    "idem.sync_connection(), await idem.connection()), or say effect='external' where nothing is written in this Postgres; "
    "without_connection='warn' lets it pass"
)


@dataclass(frozen=True)
class Endpoint:
    """One row of a routing table; ``methods`` is ``None`` where it answers all.

    ``name``: what the framework calls it, for messages. ``entries``: what is called for a handler that is found in it.
    ``host``: where only requests to one reach it.
    """

    template: str
    methods: frozenset[str] | None
    function: Any
    entries: Callable[[Any], Iterable[Entry]]
    name: str | None = None
    host: str = ""

    @property
    def posts(self) -> bool:
        """Whether POST reaches it."""
        return self.methods is None or "POST" in self.methods

    @property
    def view_class(self) -> type | None:
        """The class that answers, where one does."""
        return view_class_of(self.function)

    def mark(self) -> Mark | None:
        """The mark of what answers POST."""
        return mark_of_endpoint(self.function, "POST")

    def handlers(self) -> Iterator[tuple[str, Any]]:
        """What answers, by method: ``*`` where it is one function for all."""
        cls = self.view_class
        if cls is None:
            yield (
                "POST" if self.posts and self.methods else "/".join(sorted(self.methods or "*")),
                self.function,
            )
            return
        for name, label in METHODS.items():
            if mark_of(getattr(cls, name, None)) is not None:
                yield label, getattr(cls, name)

    def where(self, function: Any = None) -> str:
        """Where it is written, for messages."""
        function = function or self.function
        place = f"{getattr(function, '__module__', '?')}.{getattr(function, '__qualname__', repr(function))}"
        return place if self.name is None else f"endpoint {self.name!r}, {place}"


def view_class_of(function: Any) -> type | None:
    """The class behind an endpoint: itself, or what Flask's ``as_view`` made it of."""
    return function if inspect.isclass(function) else getattr(function, "view_class", None)


def mark_of_endpoint(function: Any, method: str) -> Mark | None:
    """The mark on an endpoint, or on the method of its class that answers ``method``."""
    cls = view_class_of(function)
    marks = (mark_of(getattr(cls, name, None)) for name in (method.lower(), "dispatch_request"))
    return mark_of(function) or next((each for each in marks if each is not None), None)


@dataclass(frozen=True)
class Checks:
    """What is asked of every endpoint.

    ``require_marks``: ``True`` for every POST, or path prefixes such as ``("/wallet",)``, or a function of the path: an
    unmarked POST there is refused.
    ``inventory``: the file that ``idem-lint inventory --format json`` wrote: a POST endpoint of a file in it that is not
    in it, or that runs under another mark than was read, is refused.
    ``without_connection``: a local money-moving handler that certainly has no way to our connection is refused
    (``"refuse"``), or warned of (``"warn"``).

    :raises ConfigurationError: an option that cannot be used.
    """

    require_marks: Any = None
    inventory: Any = None
    without_connection: Literal["refuse", "warn"] = "refuse"
    _warned: set[str] = field(default_factory=set[str], repr=False)

    def __post_init__(self) -> None:
        """Refuse what cannot be meant."""
        if self.without_connection not in ("refuse", "warn"):
            raise ConfigurationError(
                f"without_connection={self.without_connection!r}: say 'refuse' or 'warn'"
            )
        if isinstance(self.require_marks, str):
            raise ConfigurationError(
                f"require_marks={self.require_marks!r}: a tuple of prefixes, not one text"
            )

    def run(self, endpoints: Iterable[Endpoint]) -> None:
        """Check ``endpoints``.

        :raises ConfigurationError: names every one that is refused, and what to do.
        """
        found = list(endpoints)
        missing = [each for each in found if self.required(each) and each.mark() is None]
        if missing:
            names = ", ".join(f"POST {each.template} ({each.where()})" for each in missing)
            raise ConfigurationError(f"not marked @money_moving or @not_money_moving(reason='…'): {names}")
        if self.inventory is not None:
            self._compare(found)
        self._connections(found)

    def required(self, endpoint: Endpoint) -> bool:
        """Whether a mark is required of ``endpoint``."""
        wanted = self.require_marks
        if not wanted or not endpoint.posts:
            return False
        if callable(wanted):
            return bool(wanted(endpoint.template))
        return endpoint.template.startswith(("/",) if wanted is True else tuple(wanted))

    @cached_property
    def _read(self) -> dict[tuple[str, str], str | None]:
        handlers = json.loads(Path(self.inventory).read_text(encoding="utf-8"))["handlers"]
        return {(each["file"], each["qualname"].rpartition(".")[2]): each["mark"] for each in handlers}

    def _compare(self, endpoints: Iterable[Endpoint]) -> None:
        files = {file for file, _ in self._read}
        for each in endpoints:
            function = inspect.unwrap(getattr(each.view_class, "post", each.function))
            source = (
                Path(inspect.getsourcefile(function) or "").as_posix() if inspect.isroutine(function) else ""
            )
            file = next((file for file in files if source.endswith(f"/{file}")), None)
            if each.posts and file is not None:
                self._compare_one(each, function, (file, function.__name__))

    def _compare_one(self, endpoint: Endpoint, function: Any, key: tuple[str, str]) -> None:
        runs, told = MARK_NAMES.get(type(endpoint.mark())), self._read.get(key)
        if key not in self._read:
            raise ConfigurationError(
                f"POST {endpoint.template} ({endpoint.where(function)}) is not in the inventory: write it anew"
            )
        if told != runs:
            raise ConfigurationError(
                f"POST {endpoint.template} ({endpoint.where(function)}) runs {runs or 'unmarked'}, but the inventory says "
                f"{told or 'unmarked'}: write it anew, or mark the handler as it was read"
            )

    def _connections(self, endpoints: Iterable[Endpoint]) -> None:
        lost = [
            f"{method} {each.template} ({each.where(function)})"
            for each in endpoints
            for method, function in each.handlers()
            if _is_local(function) and lending.way(each.entries(function)) == "none"
        ]
        new = [name for name in lost if name not in self._warned]
        if new and self.without_connection == "refuse":
            raise ConfigurationError(f"{', '.join(new)}: {NO_WAY}.")
        for name in new:
            self._warned.add(name)
            warnings.warn(f"{name}: {NO_WAY}.", RuntimeWarning, stacklevel=2)


def _is_local(function: Any) -> bool:
    mark = mark_of(function)
    return isinstance(mark, MoneyMoving) and mark.effect == "local"

"""The routes that applications serve, held against the handlers that the linter sees in their files."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple, cast

from idem_lint.result_types import Handler, Undecided
from idem_lint.source.discovery import UsageError, shown

STARTS_LATER = (
    "no listed handler is served: where an application registers its routes when it starts (lifespan, on_startup), give a "
    "function that makes it and registers them, as package.module:make"
)
_BEHIND_ONE_ROUTE = frozenset(
    {
        "ariadne",
        "django_admin",
        "fastapi_jsonrpc",
        "flask_jsonrpc",
        "graphene",
        "jsonrpcserver",
        "mcp",
        "nameko",
    }
    | {"other_queues", "queues", "strawberry"}
)
"""Frameworks whose handlers no routing table shows: one route leads to all of them, or none does."""
_PROGRAM = Path(__file__).with_name("live_routes.py")
_LONGEST = 120
"""Seconds that an import may take."""


class LiveRoute(NamedTuple):
    """A route as an application serves it; see :data:`live_routes.Route`."""

    path: str
    at: frozenset[tuple[str, str]] = frozenset()
    name: str = ""
    is_certain: bool = True
    opaque: str = ""
    may_refuse: bool = False
    """Whether it may well refuse POST: it may only pass requests on to the methods that its class has."""


def live_routes(targets: Sequence[str], python: str | None) -> list[LiveRoute]:
    """The routes of applications, imported by an interpreter in the working directory. Raises UsageError where it fails."""
    interpreter = python or sys.executable
    command = [interpreter, str(_PROGRAM), *targets]
    try:
        done = subprocess.run(
            command, capture_output=True, check=False, timeout=_LONGEST, stdin=subprocess.DEVNULL
        )
    except OSError as error:
        raise UsageError(f"--python {interpreter}: {error.strerror or error}") from error
    except subprocess.TimeoutExpired as error:
        raise UsageError(f"{' '.join(targets)}: the import has not ended after {_LONGEST} seconds") from error
    if done.returncode != 0:
        told = done.stderr.decode(errors="replace").rstrip()
        raise UsageError(f"{' '.join(targets)}: cannot be imported:\n{told}")
    rows = cast("list[dict[str, Any]]", json.loads(done.stdout))
    return [LiveRoute(**row)._replace(at=frozenset((file, name) for file, name in row["at"])) for row in rows]


class Comparison(NamedTuple):
    """``unseen``: routes of the project's own handlers that the linter did not list; ``doubtful``: those of which nobody
    knows whether they answer POST; ``unserved``: listed handlers that no application serves; ``foreign``: routes of
    packages; ``opaque``: what cannot be looked into; ``undecided``: registrations that the linter said it cannot tell the
    handlers of; ``uncompared``: listed handlers that no routing table shows.
    """

    agreed: int
    unseen: tuple[LiveRoute, ...]
    doubtful: tuple[LiveRoute, ...]
    unserved: tuple[Handler, ...]
    foreign: tuple[LiveRoute, ...]
    opaque: tuple[LiveRoute, ...]
    undecided: tuple[Undecided, ...] = ()
    uncompared: tuple[Handler, ...] = ()


def compare(
    routes: Iterable[LiveRoute], handlers: Iterable[Handler], undecided: Iterable[Undecided], root: Path
) -> Comparison:
    """Hold routes against handlers. What the linter calls undecided at a handler counts as seen: it said so."""
    listed = {key: handler for handler in handlers for key in _keys(handler)}
    routes, undecided = tuple(dict.fromkeys(routes)), tuple(undecided)
    told = {(_real(route.place.file), route.qualname) for route in undecided}
    served_at = {place for route in routes for place in route.at}
    served: set[int] = set()
    unseen: list[LiveRoute] = []
    doubtful: list[LiveRoute] = []
    foreign: list[LiveRoute] = []
    opaque: list[LiveRoute] = []
    agreed = 0
    for route in routes:
        hits = [listed[key] for key in (*route.at, ("", route.name)) if key in listed]
        if route.opaque:
            hits += [handler for key, handler in listed.items() if _is_within(key, route.at)]
        served.update(map(id, hits))
        if route.opaque:
            opaque.append(route)
        elif hits or not told.isdisjoint(route.at):
            agreed += 1
        elif route.may_refuse:
            continue
        elif not any(_is_own(file, root) for file, _ in route.at):
            foreign.append(route)
        else:
            (unseen if route.is_certain else doubtful).append(route)
    rest = {id(handler): handler for handler in listed.values() if id(handler) not in served}
    unserved = [handler for handler in rest.values() if handler.framework not in _BEHIND_ONE_ROUTE]
    uncompared = [handler for handler in rest.values() if handler.framework in _BEHIND_ONE_ROUTE]
    unknown = [call for call in undecided if (_real(call.place.file), call.qualname) not in served_at]
    return Comparison(
        agreed,
        tuple(unseen),
        tuple(doubtful),
        tuple(unserved),
        tuple(foreign),
        tuple(opaque),
        tuple(unknown),
        tuple(uncompared),
    )


def _keys(handler: Handler) -> Iterator[tuple[str, str]]:
    """What a live route may call a handler: by its place, or a package's by its dotted name."""
    if not handler.is_defined:
        yield "", handler.qualname.removesuffix("(…)")
        return
    file = _real(handler.place.file)
    yield file, handler.qualname
    yield file, handler.qualname.replace(".<locals>", "")


def _is_within(key: tuple[str, str], classes: Iterable[tuple[str, str]]) -> bool:
    """Whether a handler is a method of one of some classes."""
    return any(key[0] == file and key[1].startswith(f"{name}.") for file, name in classes)


def _real(file: str) -> str:
    return os.path.realpath(os.path.abspath(file))


def _is_own(file: str, root: Path) -> bool:
    """Whether a file is the project's: below its root, and in no environment there."""
    path = Path(file)
    return path.is_relative_to(os.path.realpath(root)) and "site-packages" not in path.parts


def report(compared: Comparison) -> Iterator[str]:
    """What does not agree, a line each, then the count."""
    for route in compared.unseen:
        yield f"not seen: POST {route.path} is served by {_place(route)}, and the linter did not list it"
    for handler in compared.unserved:
        place = f"{handler.place.file}:{handler.place.line}"
        at = f" (POST {handler.route})" if handler.route else ""
        name = handler.qualname.replace(".<locals>", "")
        yield f"not served: {place} `{name}`{at} is listed, and no application serves it"
    for route in compared.doubtful:
        yield f"perhaps not seen: {route.path} is served by {_place(route)}; whether it answers POST, only a request tells"
    for route in compared.opaque:
        yield f"not looked into: {route.path or 'an RPC handler'} is {route.opaque}"
    if compared.foreign:
        names = ", ".join(dict.fromkeys(route.name for route in compared.foreign))
        yield f"of packages: {len(compared.foreign)} routes that answer POST, not in the project's files: {names}"
    if compared.uncompared:
        names = ", ".join(sorted({handler.framework for handler in compared.uncompared}))
        yield f"not compared: {len(compared.uncompared)} handlers that no routing table shows ({names})"
    if compared.unseen:
        for call in compared.undecided:
            place = f"{call.place.file}:{call.place.line}"
            yield f"undecided (IDM006): {place} `{call.qualname}`: {call.reason}; what is not seen may be registered here"
    if compared.unserved and not compared.agreed:
        yield STARTS_LATER
    wrong = len(compared.unseen) + len(compared.unserved)
    yield f"{compared.agreed} routes agree, {wrong} do not"


def _place(route: LiveRoute) -> str:
    places = sorted(f"{shown(Path(file))} ({name})" for file, name in route.at)
    return " or ".join(places[:2])

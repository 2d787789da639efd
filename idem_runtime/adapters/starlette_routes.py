"""The routing table of a Starlette or FastAPI application: templates, start-up checks, OpenAPI, the end of its life."""

from __future__ import annotations

import inspect
import json
import sys
from collections.abc import AsyncGenerator, Callable, Generator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from starlette.routing import compile_path

from idem_runtime.errors import (
    ConfigurationError,
    InProgress,
    KeyInvalid,
    KeyMissing,
    KeyReused,
    OutcomeUnknown,
    RetriesExhausted,
    StoreUnavailable,
)
from idem_runtime.install import Idempotency
from idem_runtime.key import HEADER
from idem_runtime.marks import Mark, MoneyMoving, NotMoneyMoving, mark_of
from idem_runtime.problem import described

MARK_NAMES: dict[type[Any], str] = {MoneyMoving: "money_moving", NotMoneyMoving: "not_money_moving"}
TOLD = (KeyMissing, KeyInvalid, KeyReused, InProgress, OutcomeUnknown, RetriesExhausted, StoreUnavailable)


@dataclass(frozen=True)
class Endpoint:
    """One row of the routing table; ``methods`` is ``None`` where the route answers all."""

    template: str
    methods: frozenset[str] | None
    function: Any
    host: str = ""

    @property
    def name(self) -> tuple[str, str]:
        """What tells it from other routes of the same function."""
        return self.host, self.template

    def matches(self, place: Place) -> bool:
        """Whether a request that came in at ``place`` is for it."""
        host = not self.host or compile_path(self.host)[0].match(place.host)
        return bool(host and compile_path(self.template)[0].match(place.path))

    @property
    def posts(self) -> bool:
        """Whether POST reaches it."""
        return self.methods is None or "POST" in self.methods

    def mark(self) -> Mark | None:
        """The mark of what answers POST."""
        if inspect.isclass(self.function):
            return mark_of(getattr(self.function, "post", None))
        return mark_of(self.function)


def walk(app: Any, prefix: str = "", host: str = "") -> Generator[Endpoint, None, None]:
    """Every endpoint below ``app``, mounted applications and lazily included routers too."""
    for route in _contexts(getattr(app, "routes", None) or ()):
        path, endpoint = getattr(route, "path", "") or "", getattr(route, "endpoint", None)
        if endpoint is not None:
            methods = _methods(route, endpoint)
            yield Endpoint(prefix + path, methods, endpoint, host)
        else:
            inner, below = getattr(route, "app", None), getattr(route, "host", "") or host
            yield from walk(inner if getattr(inner, "routes", None) else route, prefix + path, below)


def _contexts(routes: Iterable[Any]) -> Iterable[Any]:
    """FastAPI keeps included routers lazily: only its own iterator sees what is in them."""
    own = getattr(sys.modules.get("fastapi.routing"), "iter_route_contexts", None)
    return (_mounted(each) for each in own(routes)) if own is not None else routes


def _mounted(context: Any) -> Any:
    return context if context.endpoint is not None else context.original_route


def _methods(route: Any, endpoint: Any) -> frozenset[str] | None:
    methods = getattr(route, "methods", None)
    if methods is None and inspect.isclass(endpoint):
        return frozenset(
            name.upper() for name in ("get", "post", "put", "patch", "delete") if hasattr(endpoint, name)
        )
    return None if methods is None else frozenset(methods)


def carries(endpoint: Any, mark: MoneyMoving) -> bool:
    """Whether ``mark`` is the one on this request's endpoint."""
    if inspect.isclass(endpoint):
        return any(mark_of(getattr(endpoint, name)) is mark for name in dir(endpoint) if name.islower())
    return mark_of(endpoint) is mark


@dataclass(frozen=True, slots=True)
class Place:
    """Where a request came in: the mounts above this application, the path below them, the host."""

    mount: str
    path: str
    host: str

    @classmethod
    def of(cls, scope: Any) -> Place:
        """From the scope as this application got it. A proxy's root path is no mount: it changes with the deployment."""
        root = scope.get("root_path", "")
        outer = scope.get("app_root_path", root)
        path, below = scope["path"], f"{root}/" if root else ""
        host = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"host"), "")
        return cls(
            mount=root.removeprefix(outer),
            path=path[len(root) :] if below and path.startswith(below) else path,
            host=host.partition(":")[0],
        )


class Templates:
    """The route templates of an application by endpoint: looked up once, and anew where one is not there."""

    def __init__(self, app: Any) -> None:
        """Nothing is looked up yet: routes may still be added."""
        self._app = app
        self._found: dict[int, list[Endpoint]] = {}

    def of(self, scope: Any, place: Place) -> str:
        """The template of this request: stable across path parameters, mounts and framework versions.

        :raises ConfigurationError: two routes of one function match as well.
        """
        endpoint = scope.get("endpoint")
        found = self._of_endpoint(endpoint)
        if not found:
            return place.mount + place.path
        if len({each.name for each in found}) > 1:
            found = [each for each in found if each.matches(place)]
        if not found:
            raise ConfigurationError(
                f"which route led to {_where(endpoint)} cannot be told: give it @money_moving(operation='…')"
            )
        return f"{found[0].host and f'//{found[0].host}'}{place.mount}{found[0].template}"

    def _of_endpoint(self, endpoint: Any) -> list[Endpoint]:
        if id(endpoint) not in self._found:
            self._found = {}
            for each in walk(self._app):
                self._found.setdefault(id(each.function), []).append(each)
        return self._found.get(id(endpoint), [])


def check(app: Any, *, require_marks: Any = None, inventory: Any = None) -> None:
    """Refuse to start with an unmarked POST in a money domain.

    ``require_marks``: ``True`` for every POST, or path prefixes such as ``("/wallet",)``, or a function of the path.
    ``inventory``: the file that ``idem-lint inventory --format json`` wrote: a POST endpoint of a file in it that is not
    in it, or that runs under another mark than was read, is refused too.

    :raises ConfigurationError: names every such route.
    """
    if require_marks:
        wanted = _wanted(require_marks)
        missing = [each for each in walk(app) if each.posts and each.mark() is None and wanted(each.template)]
        if missing:
            names = ", ".join(f"POST {each.template} ({_where(each.function)})" for each in missing)
            raise ConfigurationError(f"not marked @money_moving or @not_money_moving: {names}")
    if inventory is not None:
        _compare(walk(app), json.loads(Path(inventory).read_text(encoding="utf-8"))["handlers"])


def _compare(endpoints: Iterable[Endpoint], handlers: list[dict[str, Any]]) -> None:
    read = {(each["file"], each["qualname"].rpartition(".")[2]): each["mark"] for each in handlers}
    files = {file for file, _ in read}
    for each in endpoints:
        function = inspect.unwrap(getattr(each.function, "post", each.function))
        source = Path(inspect.getsourcefile(function) or "").as_posix()
        file = next((file for file in files if source.endswith(f"/{file}")), None)
        if not each.posts or file is None:
            continue
        runs = MARK_NAMES.get(type(each.mark()))
        if (file, function.__name__) not in read:
            raise ConfigurationError(
                f"POST {each.template} ({_where(function)}) is not in the inventory: write it anew"
            )
        if read[file, function.__name__] != runs:
            told = read[file, function.__name__] or "unmarked"
            raise ConfigurationError(
                f"POST {each.template} runs {runs or 'unmarked'}, but the inventory says {told}"
            )


def _wanted(require_marks: Any) -> Callable[[str], bool]:
    if callable(require_marks):
        return require_marks  # type: ignore[no-any-return]
    prefixes = ("/",) if require_marks is True else tuple(require_marks)
    return lambda path: path.startswith(prefixes)


def _where(function: Any) -> str:
    return f"{getattr(function, '__module__', '?')}.{getattr(function, '__qualname__', repr(function))}"


def close_with(app: Any, idempotency: Idempotency) -> None:
    """Close our pools when the application's lifespan ends."""
    inner = app.router.lifespan_context

    @asynccontextmanager
    async def lifespan(application: Any) -> AsyncGenerator[Any, None]:
        async with inner(application) as state:
            try:
                yield state
            finally:
                await idempotency.aclose()

    app.router.lifespan_context = lifespan


def describe(app: Any, idempotency: Idempotency) -> None:
    """Say in FastAPI's OpenAPI what marked operations require and answer, and for how long (the IETF draft's MUST)."""
    original = getattr(app, "openapi", None)
    if original is None:
        return

    def openapi() -> dict[str, Any]:
        schema: dict[str, Any] = original()
        for endpoint in walk(app):
            mark = endpoint.mark()
            operation = schema.get("paths", {}).get(endpoint.template, {}).get("post")
            if isinstance(mark, MoneyMoving) and operation is not None:
                _describe(operation, mark, idempotency)
        return schema

    app.openapi = openapi


def _describe(operation: dict[str, Any], mark: MoneyMoving, idempotency: Idempotency) -> None:
    name = getattr(mark.key, "header", None) if mark.key else HEADER
    if name is None or "Idempotent-Replayed" in str(operation["responses"]):
        return  # the key is in the payload, or this was said before
    parameters = operation.setdefault("parameters", [])
    seconds = int((mark.retention or idempotency.settings.retention).total_seconds())
    parameters.append(
        {
            "name": name,
            "in": "header",
            "required": True,
            "schema": {"type": "string", "minLength": 1, "maxLength": 255},
            "description": f"The same on every retry. A completed request is replayed for {seconds} seconds.",
        }
    )
    for status, response in operation["responses"].items():
        if status.startswith("2"):
            response.setdefault("headers", {})["Idempotent-Replayed"] = {"schema": {"enum": ["true"]}}
    for status, response in described(TOLD, idempotency.settings.profile).items():
        operation["responses"].setdefault(status, response)

"""What a storm calls: an ASGI or WSGI application, or a marked function; several callers at once.

Each is made from an object, or from a name (``shop:app``, ``shop:create_app()``) that a process of its own can read, too.
"""

from __future__ import annotations

import asyncio
import importlib
import inspect
import json
import re
import threading
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol, TypeAlias

from idem_runtime.errors import ConfigurationError, IdempotencyError
from idem_runtime.testing import asgi_calls, wsgi_calls
from idem_runtime.testing.http_requests import HttpRequest
from idem_runtime.testing.reports import Answer

_NAME = re.compile(r"(?P<module>[\w.]+):(?P<path>[\w.]+)(?P<called>\(\))?")


@dataclass(frozen=True)
class FunctionCall:
    """The arguments of one call."""

    args: tuple[Any, ...] = ()
    kwargs: dict[str, Any] = field(default_factory=dict[str, Any])


Request: TypeAlias = HttpRequest | FunctionCall
Batches: TypeAlias = Sequence[Sequence[Any]]
After: TypeAlias = Callable[[], None]


class Target(Protocol):
    """Calls the application."""

    @property
    def named(self) -> Any:
        """The application, or its name."""
        ...

    def call(self, batches: Batches, after: After) -> list[list[Answer]]:
        """Make the requests of a batch at once, one batch after the other; ``after`` is called after each."""
        ...


@dataclass(frozen=True)
class Application:
    """An ASGI or WSGI application, as an object or by its name."""

    named: Any

    def call(self, batches: Batches, after: After) -> list[list[Answer]]:
        """As a :class:`Target`: in tasks of one event loop and one lifespan, or in threads."""
        app = resolved(self.named)
        if _is_async(app):
            return in_a_loop(lambda: asgi_calls.call(app, batches, after))
        return in_threads(partial(wsgi_calls.call, app), batches, after)


@dataclass(frozen=True)
class MarkedFunction:
    """A marked function, as an object or by its name."""

    named: Any

    def call(self, batches: Batches, after: After) -> list[list[Answer]]:
        """As a :class:`Target`: in tasks of one event loop, or in threads."""
        function = resolved(self.named)
        if inspect.iscoroutinefunction(function):
            return in_a_loop(lambda: _in_tasks(function, batches, after))
        return in_threads(partial(_called, function), batches, after)


def resolved(target: Any) -> Any:
    """``target``, read where it is a name.

    :raises ConfigurationError: a text that is no such name.
    """
    if not isinstance(target, str):
        return target
    name = _NAME.fullmatch(target)
    if name is None:
        raise ConfigurationError(
            f'{target!r}: "module:attribute", or "module:function()" where it makes the application'
        )
    value: Any = importlib.import_module(name["module"])
    for part in name["path"].split("."):
        value = getattr(value, part)
    return value() if name["called"] else value


def _is_async(app: Any) -> bool:
    return any(map(inspect.iscoroutinefunction, (app, getattr(app, "__call__", None))))  # noqa: B004 - its kind is asked


async def _in_tasks(function: Callable[..., Any], batches: Batches, after: After) -> list[list[Answer]]:
    answers: list[list[Answer]] = []
    for batch in batches:
        answers.append(list(await asyncio.gather(*(_awaited(function, request) for request in batch))))
        after()
    return answers


def in_a_loop(main: Callable[[], Coroutine[Any, Any, list[list[Answer]]]]) -> list[list[Answer]]:
    """Run ``main`` in an event loop of its own, in a thread of its own: a test may have a loop already."""
    with ThreadPoolExecutor(1) as executor:
        return executor.submit(lambda: asyncio.run(main())).result()


def in_threads(call: Callable[[Any], Answer], batches: Batches, after: After) -> list[list[Answer]]:
    """Make the calls of a batch at once, each in a thread."""
    answers: list[list[Answer]] = []
    for batch in batches:
        together = threading.Barrier(len(batch))
        with ThreadPoolExecutor(len(batch)) as executor:
            calling = [executor.submit(_together, together, call, request) for request in batch]
            answers.append([answer.result() for answer in calling])
        after()
    return answers


def _together(all_here: threading.Barrier, call: Callable[[Any], Answer], request: Any) -> Answer:
    all_here.wait()
    return call(request)


def _called(function: Callable[..., Any], request: FunctionCall) -> Answer:
    try:
        return _returned(function(*request.args, **request.kwargs))
    except Exception as error:  # noqa: BLE001 - whatever it is, it is what this caller got
        return raised(error)


async def _awaited(function: Callable[..., Any], request: FunctionCall) -> Answer:
    try:
        return _returned(await function(*request.args, **request.kwargs))
    except Exception as error:  # noqa: BLE001 - as above
        return raised(error)


def _returned(value: Any) -> Answer:
    return Answer(200, body=repr(value).encode())


def raised(error: Exception) -> Answer:
    """What a caller got who got an exception."""
    if isinstance(error, IdempotencyError):
        return Answer(error.http_status, body=json.dumps({"code": error.code, "detail": str(error)}).encode())
    return Answer(500, body=f"{type(error).__name__}: {error}".encode())

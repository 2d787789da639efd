"""Steps that may have to be waited for, and the two ways to take them: in a thread, and in an event loop.

What an execution does is written once, as generators that yield what a call gave: a value, or something to await. They are
sent the value, or thrown what was raised. A generator never yields after anything but an ``Exception``: whoever is
interrupted or cancelled gives up the steps, and cleans up with new ones.
"""

from __future__ import annotations

import asyncio
import inspect
import threading
from collections.abc import Awaitable, Callable, Generator
from contextvars import copy_context
from types import GeneratorType, NoneType
from typing import Any, TypeAlias, TypeVar

from idem_runtime.drivers.uncancelled import deferring
from idem_runtime.model import Execute, Refuse, Replay, Sealed

T = TypeVar("T")
Waits: TypeAlias = Generator[Any, Any, T]


READY = frozenset({NoneType, bool, str, int, list, dict, Execute, Replay, Refuse, Sealed})
"""Classes of most of what a call gives, which is never to be awaited."""


def has_to_be_awaited(given: Any) -> bool:
    """As ``inspect.isawaitable``, which costs more than most steps."""
    return hasattr(given.__class__, "__await__") or (
        given.__class__ is GeneratorType and inspect.isawaitable(given)
    )


async def run_async(steps: Waits[T]) -> T:
    """Take ``steps`` in this event loop."""
    try:
        given = next(steps)
        while True:
            try:
                ready = given.__class__ in READY or not has_to_be_awaited(given)
                value = given if ready else await given
            except BaseException as error:  # noqa: BLE001 - thrown to the steps
                given = steps.throw(error)
            else:
                given = steps.send(value)
    except StopIteration as done:
        return done.value  # type: ignore[no-any-return]  # - a generator's value


async def run_to_the_end(steps: Waits[T]) -> T:
    """As :func:`run_async`, even where this task is cancelled meanwhile; the cancellation is raised afterwards.

    That holds for what the driver awaits, and for what is yielded as ``uncancelled(…)``.
    """
    return await deferring(run_async(steps))


def in_a_loop_of_its_own(given: Awaitable[Any]) -> Any:
    """Await ``given`` in a thread of its own, because this one may run an event loop; with the context of this one."""
    results: list[Any] = []
    errors: list[BaseException] = []

    async def wait() -> Any:
        return await given

    def run() -> None:
        try:
            results.append(asyncio.run(wait()))
        except BaseException as error:  # noqa: BLE001 - raised by who waits
            errors.append(error)

    thread = threading.Thread(target=copy_context().run, args=(run,), name="idem-awaiting")
    thread.start()
    thread.join()
    if errors:
        raise errors[0]
    return results[0]


def run_sync(steps: Waits[T], wait: Callable[[Awaitable[Any]], Any] = in_a_loop_of_its_own) -> T:
    """Take ``steps`` in this thread; ``wait`` waits here for what has to be awaited."""
    try:
        given = next(steps)
        while True:
            try:
                ready = given.__class__ in READY or not has_to_be_awaited(given)
                value = given if ready else wait(given)
            except BaseException as error:  # noqa: BLE001 - thrown to the steps
                given = steps.throw(error)
            else:
                given = steps.send(value)
    except StopIteration as done:
        return done.value  # type: ignore[no-any-return]  # - a generator's value

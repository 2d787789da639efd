"""Awaiting what must not be abandoned half-way: a COMMIT that is on its way, a connection that goes back.

A cancellation that comes meanwhile is raised afterwards. Where somebody defers it (``deferring``), that is at the end of all
that they await, else at the end of what was awaited.
"""

from __future__ import annotations

import asyncio
import types
from collections.abc import Coroutine, Generator
from contextvars import ContextVar
from typing import Any, TypeVar

T = TypeVar("T")


class Deferral:
    """A cancellation that is raised later."""

    __slots__ = ("cancelled",)

    def __init__(self) -> None:
        """None has come yet."""
        self.cancelled: asyncio.CancelledError | None = None


_deferral: ContextVar[Deferral | None] = ContextVar("idem_deferral", default=None)


async def deferring(work: Coroutine[Any, Any, T]) -> T:
    """Await ``work``: whatever it awaits to its end is, and a cancellation is raised when it ends."""
    if _deferral.get() is not None:
        return await work  # it is raised at the end of the outer one
    deferral = Deferral()
    token = _deferral.set(deferral)
    try:
        return await work
    finally:
        _deferral.reset(token)
        if deferral.cancelled is not None:
            raise deferral.cancelled


def deferred() -> bool:
    """Whether a cancellation is deferred here."""
    return _deferral.get() is not None


def raise_or_defer(cancelled: asyncio.CancelledError | None) -> None:
    """What was awaited has ended, and this came meanwhile.

    :raises asyncio.CancelledError: nobody defers it.
    """
    if cancelled is None:
        return
    deferral = _deferral.get()
    if deferral is None:
        raise cancelled
    deferral.cancelled = cancelled


async def uncancelled(work: Coroutine[Any, Any, T]) -> T:
    """Await ``work`` to its end even where this task is cancelled meanwhile."""
    task = asyncio.ensure_future(work)
    try:
        cancelled = await _ended(task)
    except BaseException:
        await _ended(
            task
        )  # what interrupts a program does not end the work: nobody may go on before that has
        raise
    raise_or_defer(cancelled)
    return task.result()


async def _ended(task: asyncio.Future[Any]) -> asyncio.CancelledError | None:
    """Wait until ``task`` has ended; the cancellation that came meanwhile."""
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError as error:
            cancelled = error
    return cancelled


async def uncancelled_if_it_waits(work: Coroutine[Any, Any, T]) -> T:
    """As :func:`uncancelled`, for work that hardly ever waits: only then it becomes a task.

    It must not look at its task before it waits for the first time (as time-outs do): that would be this one.
    """
    try:
        waited_for = work.send(None)
    except StopIteration as done:
        return done.value  # type: ignore[no-any-return]  # - what the coroutine returns
    return await uncancelled(rest_of(work, waited_for))


async def rest_of(work: Coroutine[Any, Any, T], waited_for: Any) -> T:
    """What is left of ``work``, which waits for a future."""
    return await _handed_over(work, waited_for)


@types.coroutine
def _handed_over(work: Coroutine[Any, Any, T], waited_for: Any) -> Generator[Any, Any, T]:
    try:
        while True:
            try:
                sent = yield waited_for
            except BaseException as error:  # noqa: BLE001 - it is the work's
                waited_for = work.throw(error)
            else:
                waited_for = work.send(sent)
    except StopIteration as done:
        return done.value  # type: ignore[no-any-return]  # - what the coroutine returns

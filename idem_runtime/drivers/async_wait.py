"""How async code waits for the server: no task, no timer for each wait, and never abandoned in the middle of a message.

psycopg's lowest layer is steps that say what their socket has to be ready for. Here they are taken by what the event loop
calls when it is, so that nothing that has come stays in the socket, and a socket can be watched from one wait to the next.
"""

from __future__ import annotations

import asyncio
import selectors
from time import monotonic
from typing import Any, Protocol, TypeVar
from weakref import WeakKeyDictionary

import psycopg
from psycopg.abc import PQGen
from psycopg.waiting import Ready, Wait

from idem_runtime.drivers.deadlines import Deadline, too_late
from idem_runtime.drivers.uncancelled import raise_or_defer

T = TypeVar("T")
TICK = 0.1
"""Seconds from one look at all that is waited for to the next: how late a deadline may be noticed."""


class HasSocket(Protocol):
    """libpq's connection."""

    @property
    def socket(self) -> int: ...


class Watch:
    """The socket of one connection, as one event loop watches it from the first wait to :meth:`close`.

    It has to be closed before the connection is, or before anybody else waits for it: the number of a socket that is closed
    may be another's.
    """

    __slots__ = (
        "_deadline",
        "_fileno",
        "_loop",
        "_outcome",
        "_pgconn",
        "_stepping",
        "_steps",
        "_ticks",
        "_waiter",
        "_watched",
        "wanted",
    )

    def __init__(self, fileno: int, pgconn: HasSocket | None = None) -> None:
        """``pgconn``: the socket's own, where it goes on being watched between two waits."""
        self._fileno = fileno
        self._pgconn = pgconn
        self._loop = asyncio.get_running_loop()
        self._ticks = _ticks_of(self._loop)
        self._watched = 0
        """What the event loop calls this for, as :class:`psycopg.waiting.Wait` says it."""
        self._steps: PQGen[Any] | None = None
        self._stepping = False
        self._outcome: list[Any] | BaseException | None = None
        """In a list, what the steps returned, or what they raised; ``None``: they are not over."""
        self._waiter: asyncio.Future[None] | None = None
        self._deadline: Deadline | None = None
        self.wanted: int = Wait.R
        """What the steps wait for."""

    async def answer(self, steps: PQGen[T], deadline: Deadline) -> T:
        """Take ``steps`` to their end, also where this task is cancelled meanwhile.

        :raises TooLate: the server is silent until ``deadline``.
        :raises asyncio.CancelledError: afterwards, where nobody defers it (``uncancelled``).
        """
        cancelled: asyncio.CancelledError | None = None
        try:
            waiter = self._begin(steps, next(steps), deadline)
            while self._outcome is None:
                try:
                    await waiter
                except asyncio.CancelledError as error:
                    cancelled = error
                if self._outcome is None:
                    too_late(deadline)
                    waiter = self._waits()
            value = self._result()
        except StopIteration as done:
            value = done.value
        except BaseException:
            self.close()
            raise_or_defer(cancelled)
            raise
        self._steps = None
        if cancelled is not None:
            raise_or_defer(cancelled)
        return value  # type: ignore[no-any-return]  # - a generator's value

    async def rest(self, steps: PQGen[T], wanted: int) -> T:
        """Take ``steps``, which want this, to their end, as psycopg would.

        :raises asyncio.CancelledError: this task is cancelled; the steps are where they were, and go on from ``wanted``.
        """
        waiter = self._begin(steps, wanted, None)
        try:
            while self._outcome is None:
                await waiter
                if self._outcome is None:
                    waiter = self._waits()
            value = self._result()
        except BaseException:
            self.close()
            raise
        self._steps = None
        return value  # type: ignore[no-any-return]  # - a generator's value

    def close(self) -> None:
        """Watch no more. Twice is as once."""
        self._steps = None
        self._ticks.waiting.discard(self)
        if self._watched:
            self._unwatch()

    @property
    def busy(self) -> bool:
        """Whether somebody waits already."""
        return self._steps is not None

    def _begin(self, steps: PQGen[Any], wanted: int, deadline: Deadline | None) -> asyncio.Future[None]:
        self._outcome, self._stepping, self._deadline = None, False, deadline
        self._steps, self.wanted = steps, wanted
        if self._watched != wanted:
            self._watch()
        return self._waits()

    def _waits(self) -> asyncio.Future[None]:
        """What is done when the steps are over, or their time is."""
        ticks = self._ticks
        ticks.waiting.add(self)
        if ticks.due <= monotonic():
            ticks.schedule(self._loop)
        self._waiter = waiter = self._loop.create_future()
        return waiter

    def _result(self) -> Any:
        outcome = self._outcome
        if isinstance(outcome, list):
            return outcome[0]
        assert outcome is not None
        raise outcome

    # What the event loop calls

    def _watch(self) -> None:
        """The server may say something at any time, also where something is to be written."""
        wanted = self.wanted | Wait.R
        self._watched |= wanted
        self._loop.add_reader(self._fileno, self._step, Ready.R)
        if wanted & Wait.W:
            self._loop.add_writer(self._fileno, self._step, Ready.W)
        elif self._watched & Wait.W:
            self._loop.remove_writer(self._fileno)
        self._watched = wanted

    def _unwatch(self) -> None:
        self._loop.remove_reader(self._fileno)
        if self._watched & Wait.W:
            self._loop.remove_writer(self._fileno)
        self._watched = 0

    def _step(self, ready: Ready) -> None:
        """Take the next of the steps."""
        try:
            self._take(ready)
        except BaseException as interruption:  # noqa: BLE001 - raised by who waits
            self._outcome = interruption
            self._wake()

    def _take(self, ready: Ready) -> None:
        if self._steps is None or self._stepping:
            self._unwatch()  # the server says something that nobody waits for
            return
        self._stepping = True
        try:
            self.wanted = self._steps.send(ready)
        except StopIteration as done:
            self._outcome = [done.value]
        except BaseException as error:  # noqa: BLE001 - raised by who waits
            self._outcome = error
        else:
            if self._watched != self.wanted:
                self._watch()
            self._stepping = False
            return
        try:
            if self._pgconn is None or self._pgconn.socket != self._fileno:
                self._unwatch()
        except psycopg.Error:  # libpq itself closes one that is lost
            self._unwatch()
        self._wake()

    def _wake(self) -> None:
        waiter = self._waiter
        if waiter is not None and not waiter.done():
            waiter.set_result(None)
        self._ticks.waiting.discard(self)  # last: who is not woken is looked at again

    def look(self) -> None:
        """A tick: whatever kept this from hearing of its socket, it goes on."""
        if self._outcome is None and self._stepping:
            self._outcome = psycopg.OperationalError("interrupted in the middle of an answer")
        if self._outcome is None and (ready := _ready_now(self._fileno, self.wanted)):
            self._unwatch()  # somebody else has waited here, and taken the event loop's attention away
            self._step(ready)
        if self._outcome is not None or (self._deadline is not None and not self._deadline.left()):
            self._wake()


class Ticks:
    """One timer of an event loop, for all that is waited for in it."""

    __slots__ = ("__weakref__", "due", "waiting")

    def __init__(self) -> None:
        """Nobody waits."""
        self.waiting: set[Watch] = set()
        self.due = 0.0
        """When the timer was, or is to be, due."""

    def schedule(self, loop: asyncio.AbstractEventLoop) -> None:
        """Look at all who wait a tick later."""
        self.due = monotonic() + TICK
        loop.call_later(TICK, self._tick, loop)

    def _tick(self, loop: asyncio.AbstractEventLoop) -> None:
        if self.waiting:
            self.schedule(loop)
        for watch in tuple(self.waiting):
            watch.look()


_TICKS: WeakKeyDictionary[asyncio.AbstractEventLoop, Ticks] = WeakKeyDictionary()


def _ticks_of(loop: asyncio.AbstractEventLoop) -> Ticks:
    ticks = _TICKS.get(loop)
    if ticks is None:
        ticks = _TICKS[loop] = Ticks()
    return ticks


class Resumed:
    """Steps that have begun, for psycopg's own way to wait."""

    __slots__ = ("_interruption", "_steps", "_wanted")

    def __init__(self, steps: PQGen[Any], wanted: int, interruption: BaseException | None = None) -> None:
        """``wanted``: what they wait for now. ``interruption``: came meanwhile, and is raised once, as if it came here."""
        self._steps = steps
        self._wanted = wanted
        self._interruption = interruption

    def __next__(self) -> int:
        """As of a generator."""
        interruption, self._interruption = self._interruption, None
        if interruption is not None:
            raise interruption
        return self._wanted

    def send(self, ready: Ready) -> Any:
        """As of a generator."""
        return self._steps.send(ready)


async def answer(steps: PQGen[T], fileno: int, deadline: Deadline) -> T:
    """As :meth:`Watch.answer`, of a socket that is watched for this alone."""
    watch = Watch(fileno)
    try:
        return await watch.answer(steps, deadline)
    finally:
        watch.close()


def _ready_now(fileno: int, wanted: int) -> Ready:
    """What the socket is ready for at once."""
    writes = selectors.EVENT_WRITE if wanted & Wait.W else 0
    with selectors.DefaultSelector() as selector:
        selector.register(fileno, selectors.EVENT_READ | writes)
        return Ready(sum(events for _, events in selector.select(0)))  # the two count alike

"""The two kinds of server: what is called in the place of their methods, and how their ends are waited for."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from grpc import aio

from idem_runtime.adapters.asyncio_waiting import Threads
from idem_runtime.adapters.grpc import aio_seal, sync_seal
from idem_runtime.adapters.grpc.hook import Hook
from idem_runtime.adapters.grpc.running import SyncRunning
from idem_runtime.adapters.grpc.seated_pipeline import keep_seats
from idem_runtime.adapters.grpc.seats import Seats
from idem_runtime.adapters.rpc.methods import Method, check_server
from idem_runtime.adapters.rpc.running import AsyncRunning
from idem_runtime.errors import ConfigurationError
from idem_runtime.marks import MoneyMoving, mark_of
from idem_runtime.runtime import Runtime
from idem_runtime.startup.route_checks import Checks


def install(runtime: Runtime, server: Any, **options: Any) -> None:
    """Protect what is added to ``server`` from now on; options: :class:`idem_runtime.startup.route_checks.Checks`.

    :raises ConfigurationError: a marked method was added to a ``grpc.server()`` before (what else was added before does not
        show: its marked methods do not run), or an option that cannot be used.
    """
    check_server(runtime, server)
    checks = Checks.of(runtime, options)
    hook = AioHook if isinstance(server, aio.Server) else SyncHook
    vars(server)["_idem"] = hook(runtime, server, checks)


class SyncHook(Hook):
    """The registration of ``grpc.server(…)``."""

    awaits = False

    def __init__(self, runtime: Runtime, server: Any, checks: Checks) -> None:
        """As above; ``stop`` and ``wait_for_termination`` wait for what has not committed yet."""
        super().__init__(runtime, server, checks)
        _refuse_late(server)
        self._running = SyncRunning()
        self._seats = _seats_of(server)
        keep_seats(server)
        self._start, self._stop, self._wait = server.start, server.stop, server.wait_for_termination
        server.start, server.stop, server.wait_for_termination = self.start, self.stop, self.wait

    def seal(self, method: Method) -> Callable[..., Any]:
        return sync_seal.sealed(self.runtime, method, self._running, self._seats)

    def start(self) -> None:
        """In the place of ``start``."""
        self.complete()
        self._start()

    def stop(self, grace: float | None) -> threading.Event:
        """In the place of ``stop``, and returns at once as that does: the event is set when all has committed."""
        ended = self._stop(grace)
        drained = threading.Event()

        def drain() -> None:
            ended.wait()
            self._running.wait()
            drained.set()

        threading.Thread(target=drain, name="idem-draining", daemon=True).start()
        return drained

    def wait(self, timeout: float | None = None) -> bool:
        """In the place of ``wait_for_termination``."""
        timed_out: bool = self._wait(timeout)
        if not timed_out:
            self._running.wait()
        return timed_out


def _refuse_late(server: Any) -> None:
    """:raises ConfigurationError: a marked method was added already; an aio server does not tell, and refuses its calls."""
    added = getattr(getattr(server, "_state", None), "registered_method_handlers", {})
    late = [path for path, handler in added.items() if isinstance(mark_of(handler.unary_unary), MoneyMoving)]
    if late:
        raise ConfigurationError(
            f"{late[0].removeprefix('/')} is @money_moving and was added before idem.install(server): install first"
        )


def _seats_of(server: Any) -> Seats:
    """As many as the server's own pool has threads."""
    pool = getattr(getattr(server, "_state", None), "thread_pool", None)
    if isinstance(pool, ThreadPoolExecutor):
        return Seats(pool._max_workers, initializer=pool._initializer, initargs=pool._initargs)  # noqa: SLF001 - nothing else says it
    return Seats(32)


class AioHook(Hook):
    """The registration of ``grpc.aio.server(…)``."""

    awaits = True

    def __init__(self, runtime: Runtime, server: Any, checks: Checks) -> None:
        """As above; ``stop`` and ``wait_for_termination`` wait for what has not committed yet."""
        super().__init__(runtime, server, checks)
        self._running = AsyncRunning()
        self._threads = Threads()
        self._unmarked = SyncRunning()
        self._start, self._stop, self._wait = server.start, server.stop, server.wait_for_termination
        server.start, server.stop, server.wait_for_termination = self.start, self.stop, self.wait

    def seal(self, method: Method) -> Callable[..., Any]:
        if method.is_async or method.protected:
            return aio_seal.sealed(self.runtime, method, self._running, self._threads)
        return sync_seal.sealed(self.runtime, method, self._unmarked, None)

    async def start(self) -> None:
        """In the place of ``start``."""
        self.complete()
        await self._start()

    async def stop(self, grace: float | None) -> None:
        """In the place of ``stop``."""
        await self._stop(grace)
        await self._running.wait()

    async def wait(self, timeout: float | None = None) -> bool:  # noqa: ASYNC109 - gRPC's own signature
        """In the place of ``wait_for_termination``."""
        timed_out: bool = await self._wait(timeout)
        if not timed_out:
            await self._running.wait()
        return timed_out

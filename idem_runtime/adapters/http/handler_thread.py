"""The thread of a ``def`` handler that a framework runs beside its event loop."""

from __future__ import annotations

from concurrent.futures import Future


class HandlerThread:
    """One run of a handler, as its passage sees it: a handler may outlive the request that called it."""

    def __init__(self) -> None:
        """It begins."""
        self._running: Future[None] = Future()

    def __enter__(self) -> None:
        """The handler is called."""

    def __exit__(self, *_: object) -> None:
        """The handler has ended."""
        self._running.set_result(None)

    def close(self) -> Future[None] | None:
        """What to wait for where it runs."""
        return None if self._running.done() else self._running

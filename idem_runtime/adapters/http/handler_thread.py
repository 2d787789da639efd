"""The thread of a ``def`` handler that a framework runs beside its event loop."""

from __future__ import annotations

import threading
from concurrent.futures import Future

from idem_runtime.errors import ConfigurationError


class HandlerThread:
    """The thread of a ``def`` handler, as its passage sees it: a handler may outlive the request that called it."""

    def __init__(self) -> None:
        """Nothing runs."""
        self._lock = threading.Lock()
        self._running: Future[None] | None = None
        self._closed = False

    def __enter__(self) -> None:
        """The handler is called.

        :raises ConfigurationError: its passage is over.
        """
        with self._lock:
            self.go_on()
            self._running = Future()

    def go_on(self) -> None:
        """:raises ConfigurationError: the passage is over, so that nothing may begin."""
        if self._closed:
            raise ConfigurationError("the request was cancelled before its handler began")

    def __exit__(self, *_: object) -> None:
        """The handler has ended."""
        assert self._running is not None
        self._running.set_result(None)

    def close(self) -> Future[None] | None:
        """No handler may begin any more; what to wait for where one runs."""
        with self._lock:
            self._closed = True
            return None if self._running is None or self._running.done() else self._running

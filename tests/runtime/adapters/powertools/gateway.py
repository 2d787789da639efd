"""A client whose requests become events, and are given to environments."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotInTime
from contextlib import contextmanager
from typing import Any

import httpx

from tests.runtime.adapters.powertools.environment import Environment
from tests.runtime.adapters.powertools.events import Event, event_of, response_of


class Gateway(httpx.BaseTransport):
    """What stands before a function: makes events of requests, and gives each to an environment that has none."""

    def __init__(self, free: list[Environment], handler: str, kind: str) -> None:
        self._free: queue.LifoQueue[Environment] = queue.LifoQueue()
        for environment in free:
            self._free.put(environment)
        self._handler = handler
        self._kind = kind

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """One invocation; who does not wait for it leaves it running, as API Gateway does."""
        request.read()
        answer: Future[dict[str, Any] | None] = Future()
        threading.Thread(
            target=self._invoke, args=(event_of(request, self._kind), answer), daemon=True
        ).start()
        try:
            told = answer.result(request.extensions["timeout"]["read"])
        except NotInTime:
            raise httpx.ReadTimeout("left", request=request) from None
        if told is None or "raised" in told:
            return httpx.Response(500, text="Internal Server Error")
        return response_of(told["returned"])

    def _invoke(self, event: Event, answer: Future[dict[str, Any] | None]) -> None:
        environment = self._free.get()
        told = environment.invoke(self._handler, event)
        self._free.put(environment)
        answer.set_result(told)


@contextmanager
def gateway(free: list[Environment], handler: str, kind: str) -> Iterator[httpx.Client]:
    """A client whose requests come to ``handler`` in the format ``kind``."""
    with httpx.Client(
        base_url="http://bank", timeout=180, transport=Gateway(free, handler, kind), trust_env=False
    ) as client:
        yield client

"""What leaves a client, without a network."""

from __future__ import annotations

import httpx

from idem_runtime.client import CallPolicy
from idem_runtime.client.httpx import AsyncIdempotentTransport, IdempotentTransport


class Wire:
    """What leaves: the keys of the requests, in order. Answers are ``answers``, then 201."""

    def __init__(self, *answers: int | Exception) -> None:
        self.answers = list(answers)
        self.keys: list[str | None] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.keys.append(request.headers.get("idempotency-key"))
        answer = self.answers.pop(0) if self.answers else 201
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(answer)

    def client(self, policy: CallPolicy | None = None) -> httpx.Client:
        transport = IdempotentTransport(httpx.MockTransport(self), policy or CallPolicy(attempts=1))
        return httpx.Client(transport=transport, base_url="http://bank")

    def async_client(self) -> httpx.AsyncClient:
        transport = AsyncIdempotentTransport(httpx.MockTransport(self), CallPolicy(attempts=1))
        return httpx.AsyncClient(transport=transport, base_url="http://bank")

"""What the environments of the contract's tests run: the bank behind every kind of resolver."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import cached_property
from typing import Any

from aws_lambda_powertools.event_handler import (
    ALBResolver,
    APIGatewayHttpResolver,
    APIGatewayRestResolver,
    LambdaFunctionUrlResolver,
    VPCLatticeResolver,
    VPCLatticeV2Resolver,
)

from idem_runtime import Idempotency
from tests.runtime.adapters.powertools.bank import async_bank, bank, principal

Handler = Callable[[Any, Any], Any]
KINDS: dict[str, type[Any]] = {
    "rest": APIGatewayRestResolver,
    "http": APIGatewayHttpResolver,
    "url": LambdaFunctionUrlResolver,
    "alb": ALBResolver,
    "alb multi": ALBResolver,
    "lattice": VPCLatticeResolver,
    "lattice v2": VPCLatticeV2Resolver,
}
"""The resolver of each format."""


class Handlers(dict[str, Handler]):
    """By format, and ``async`` in REST's; ``stranded`` is on a store that nobody answers. Made when they are invoked."""

    def __init__(self, dsn: str, nowhere: str, cap: str) -> None:
        self._dsn, self._nowhere, self._cap = dsn, nowhere, int(cap)

    def __missing__(self, name: str) -> Handler:
        self[name] = self._made(name)
        return self[name]

    def _made(self, name: str) -> Handler:
        idem, dsn = (self._away, self._nowhere) if name.startswith("stranded") else (self._idem, self._dsn)
        if name.endswith("async"):
            return looped(async_bank(APIGatewayRestResolver(), idem, dsn))
        resolver = KINDS["rest" if name == "stranded" else name]
        return bank(resolver(enable_validation=name == "rest"), idem, dsn).resolve

    @cached_property
    def _idem(self) -> Idempotency:
        return Idempotency(self._dsn, principal=principal, cap=self._cap, wait=1, pool_size=1)

    @cached_property
    def _away(self) -> Idempotency:
        return Idempotency(self._nowhere, principal=principal, pool_timeout=0.2)


def looped(app: Any) -> Handler:
    """A function that resolves with ``app`` in an event loop, the same one for every event."""
    loop = asyncio.new_event_loop()
    return lambda event, context: loop.run_until_complete(app.resolve_async(event, context))

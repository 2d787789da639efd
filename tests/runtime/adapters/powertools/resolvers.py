"""What the environments of the contract's tests run: the bank behind every kind of resolver."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
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


def handlers(dsn: str, nowhere: str, cap: str) -> dict[str, Handler]:
    """By format, and ``async`` in REST's; ``stranded`` is on a store that nobody answers."""
    idem = Idempotency(dsn, principal=principal, cap=int(cap), wait=1, pool_size=1)
    made: dict[str, Handler] = {
        kind: bank(resolver(enable_validation=kind == "rest"), idem, dsn).resolve
        for kind, resolver in KINDS.items()
    }
    made["async"] = looped(async_bank(APIGatewayRestResolver(), idem, dsn))
    away = Idempotency(nowhere, principal=principal, pool_timeout=0.2)
    made["stranded"] = bank(APIGatewayRestResolver(), away, nowhere).resolve
    made["stranded async"] = looped(async_bank(APIGatewayRestResolver(), away, nowhere))
    return made


def looped(app: Any) -> Handler:
    """A function that resolves with ``app`` in an event loop, the same one for every event."""
    loop = asyncio.new_event_loop()
    return lambda event, context: loop.run_until_complete(app.resolve_async(event, context))

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
from tests.runtime.adapters.contract import CAP
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


def handlers(dsn: str, *more: str) -> dict[str, Handler]:
    """By format, and ``async`` in REST's."""
    idem = Idempotency(dsn, principal=principal, cap=CAP, wait=1, pool_timeout=float(more[0]) if more else 30)
    made: dict[str, Handler] = {
        kind: bank(resolver(enable_validation=kind == "rest"), idem, dsn).resolve
        for kind, resolver in KINDS.items()
    }
    looped, loop = async_bank(APIGatewayRestResolver(), idem, dsn), asyncio.new_event_loop()
    made["async"] = lambda event, context: loop.run_until_complete(looped.resolve_async(event, context))
    return made

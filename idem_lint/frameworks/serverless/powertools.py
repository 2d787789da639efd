"""Powertools for AWS Lambda: resolvers and routers; ``route`` takes ``method``, singular, second.

Source: aws_lambda_powertools/event_handler/api_gateway.py, bedrock_agent.py.
"""

from __future__ import annotations

from idem_lint.finding import runtime_adapters
from idem_lint.finding.interface import Framework, Include, Prefixes, Route, Slot, verbs
from idem_lint.finding.prefix_tables import slashed

_RESOLVERS = (
    *("APIGatewayRestResolver", "APIGatewayHttpResolver", "ApiGatewayResolver", "ALBResolver"),
    *("LambdaFunctionUrlResolver", "VPCLatticeResolver", "VPCLatticeV2Resolver", "BedrockAgentResolver"),
    "HttpResolverLocal",
)


def _joined(prefix: str, path: str) -> str:
    """The rule of a router below a prefix: a bare slash adds nothing."""
    return prefix if prefix and path == "/" else slashed(prefix, path)


FRAMEWORK = Framework(
    name="powertools",
    titles=("AWS Lambda Powertools",),
    adapter=runtime_adapters.POWERTOOLS,
    packages=("aws_lambda_powertools",),
    methods={**verbs(), "route": Route(methods=Slot(1, ("method",)))},
    tokens=("include_router",),
    prefixes=Prefixes(
        applications=frozenset(_RESOLVERS),
        methods={"include_router": Include(router=Slot(0, ("router",)), prefix=Slot(1, ("prefix",)))},
        join=_joined,
    ),
)

"""Powertools for AWS Lambda: resolvers and routers; ``route`` takes ``method``, singular, second.

Source: aws_lambda_powertools/event_handler/api_gateway.py, bedrock_agent.py, bedrock_agent_function.py (an agent calls it);
graphql_appsync/router.py (``type_name`` is any type where it is left out).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from idem_lint.engine import parameter_binding
from idem_lint.engine.parameter_binding import POST
from idem_lint.finding import runtime_adapters
from idem_lint.finding.interface import Framework, Include, Prefixes, Registration, Route, Slot, verbs
from idem_lint.finding.prefix_tables import slashed

if TYPE_CHECKING:
    from idem_lint.engine.parameter_binding import Arguments
    from idem_lint.finding.interface import Finder

_TYPE = Slot(0, ("type_name",))
_RESOLVER = Route(fixed=POST, path=Slot(1, ("field_name",)))
_GRAPHQL = ("resolver", "batch_resolver", "async_batch_resolver")

_RESOLVERS = (
    *("APIGatewayRestResolver", "APIGatewayHttpResolver", "ApiGatewayResolver", "ALBResolver"),
    *("LambdaFunctionUrlResolver", "VPCLatticeResolver", "VPCLatticeV2Resolver", "BedrockAgentResolver"),
    "HttpResolverLocal",
)


def _joined(prefix: str, path: str) -> str:
    """The rule of a router below a prefix: a bare slash adds nothing."""
    return prefix if prefix and path == "/" else slashed(prefix, path)


def _refine(_finder: Finder, found: Registration, given: Arguments) -> Iterator[Registration]:
    """Of the resolvers of AWS AppSync those of mutations; a type that is not known may be theirs."""
    types = parameter_binding.texts(given.get(_TYPE))
    if found.written not in _GRAPHQL or not types or {"Mutation", "*"} & {*types}:
        yield found


FRAMEWORK = Framework(
    name="powertools",
    titles=("AWS Lambda Powertools",),
    adapter=runtime_adapters.POWERTOOLS,
    packages=("aws_lambda_powertools",),
    methods={
        **verbs(),
        "route": Route(methods=Slot(1, ("method",))),
        **dict.fromkeys(_GRAPHQL, _RESOLVER),
        "tool": Route(fixed=POST, path=Slot(0, ("name",))),
    },
    refine=_refine,
    local=frozenset({*_GRAPHQL, "tool"}),
    tokens=("include_router",),
    prefixes=Prefixes(
        applications=frozenset(_RESOLVERS),
        methods={"include_router": Include(router=Slot(0, ("router",)), prefix=Slot(1, ("prefix",)))},
        join=_joined,
    ),
)

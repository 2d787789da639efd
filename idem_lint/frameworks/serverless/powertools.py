"""Powertools for AWS Lambda: resolvers and routers; ``route`` takes ``method``, singular, second.

Source: aws_lambda_powertools/event_handler/api_gateway.py, bedrock_agent.py.
"""

from __future__ import annotations

from idem_lint.finding import runtime_adapters
from idem_lint.finding.interface import Framework, Route, Slot, verbs

FRAMEWORK = Framework(
    name="powertools",
    titles=("AWS Lambda Powertools",),
    adapter=runtime_adapters.POWERTOOLS,
    packages=("aws_lambda_powertools",),
    methods={**verbs(), "route": Route(methods=Slot(1, ("method",)))},
)

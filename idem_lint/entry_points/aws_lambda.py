"""AWS Lambda: functions that the service calls with an event and a context.

Source: docs.aws.amazon.com, "Define Lambda function handler in Python": two positional arguments, and the name is that of
the deployment's configuration. Where that is not in sight, the signature tells, and a name that says handler.
"""

from __future__ import annotations

from collections.abc import Iterator

from idem_lint.engine.module_facts import FunctionNode, Module
from idem_lint.engine.value_types import Func
from idem_lint.entry_points.interface import ON_FUNCTION, Entry, EntryTable
from idem_lint.entry_points.values import functions_of
from idem_lint.finding.interface import Finder
from idem_lint.frameworks.serverless import aws_lambda

_SIGNATURE = ["event", "context"]


def _handlers(finder: Finder, module: Module, table: EntryTable) -> Iterator[Entry]:
    for _, value in aws_lambda.functions(finder, module):
        for function in functions_of(finder.evaluator, value, module):
            yield Entry(function, table, function.node, module)
    for node, scope in module.functions:
        if scope is module.scope and "handler" in node.name.lower() and _parameters(node) == _SIGNATURE:
            yield Entry(Func(node, scope), table, node, module)


def _parameters(node: FunctionNode) -> list[str]:
    return [argument.arg.strip("_") for argument in [*node.args.posonlyargs, *node.args.args]]


TABLES = (
    EntryTable(
        "consumer",
        "an AWS Lambda handler",
        words=frozenset({"event"}),
        hook=_handlers,
        advice=(
            f"{ON_FUNCTION}, its key from the event; the routes of a Powertools resolver are marked themselves "
            "(docs/lambda.md)"
        ),
    ),
)

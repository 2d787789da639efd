"""Requests to GraphQL services: a mutation moves money where its field is named for it, whatever address it is sent to."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from itertools import islice

from idem_lint.engine.evaluator import Evaluator
from idem_lint.engine.module_facts import Scope, terminal
from idem_lint.engine.value_types import Environment, Table, Value, options
from idem_lint.reach.name_words import words
from idem_lint.reach.provider_catalogue import NO_MONEY
from idem_lint.reach.sink import Sink, shown
from idem_lint.reach.soap_calls import moves_by_name
from idem_lint.reach.sql_sinks import texts

_SENDS = frozenset(
    {
        "apost",
        "execute",
        "execute_async",
        "execute_sync",
        "gql",
        "graphql",
        "mutate",
        "mutation",
        "post",
        "query",
        "request",
    }
)
_TAKES_BACK = frozenset({"archive", "cancel", "delete", "remove", "void"})
_MUTATION = re.compile(r"^\s*(?:#[^\n]*\n\s*)*mutation\b[^{]*\{\s*(?:\w+\s*:\s*)?(?P<field>\w+)")


class GraphQLRequests:
    """Finds mutations that are sent."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator

    def called(self, node: ast.Call, scope: Scope, env: Environment) -> Iterator[Sink]:
        """The write of a call that sends a mutation: ``post(url, json={"query": "mutation { createPayment … }"})``."""
        if terminal(node.func).lstrip("_") in _SENDS:
            sent = (_MUTATION.match(text) for text in self._sent(node, scope, env))
            moving = (found["field"] for found in sent if found is not None and _moves(found["field"]))
            yield from (
                Sink("service", f"{shown(node.func)}(mutation {field})", node) for field in islice(moving, 1)
            )

    def _sent(self, node: ast.Call, scope: Scope, env: Environment) -> Iterator[str]:
        for argument in [*node.args[:3], *(word.value for word in node.keywords)]:
            for option in options(self._evaluator.evaluate(argument, scope, env)):
                yield from _queries(option)


def _moves(field: str) -> bool:
    """Whether a mutation moves money: ``createPayment``, not ``customerPaymentMethodCreate`` or ``cancelPayment``."""
    parts = words(field)
    takes_back = not _TAKES_BACK.isdisjoint({*parts[:1], *parts[-1:]})
    return moves_by_name(field) and not takes_back and NO_MONEY.keys().isdisjoint(parts)


def _queries(value: Value) -> Iterator[str]:
    if isinstance(value, Table):
        query = value.get("query")
        yield from texts(query) if query is not None else ()
    else:
        yield from texts(value)


__all__ = ["GraphQLRequests"]

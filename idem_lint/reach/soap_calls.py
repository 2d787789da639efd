"""Calls of SOAP services: ``client.service.Transfer(…)``, and operations that are chosen by their name."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import islice

from idem_lint.engine.evaluator import Evaluator
from idem_lint.engine.module_facts import Scope, terminal
from idem_lint.engine.value_types import Environment, options
from idem_lint.reach.action_names import is_verb_of_movement
from idem_lint.reach.name_words import words
from idem_lint.reach.named_like_money import only_reads, says_money
from idem_lint.reach.origins import origin
from idem_lint.reach.sink import Sink, shown
from idem_lint.reach.sql_sinks import texts
from idem_lint.reach.weighed import asks_to_spend

PACKAGES = frozenset({"zeep", "suds", "spyne"})
_SERVICES = frozenset({"service", "soap", "wsdl"})
"""Words in what the operations of a client stand on, where it is made out of sight of the call."""
_DOES = frozenset({"do", "execute", "make", "perform", "post", "process", "send", "submit"})
_READS = frozenset({"balance", "enquiry", "inquiry", "report", "verification"})


class SoapCalls:
    """Finds operations of SOAP services that move money."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator

    def called(self, node: ast.Call, scope: Scope, env: Environment) -> Iterator[Sink]:
        """The write of a call, where it is one of an operation whose name says so."""
        asked = (
            Sink("service", f"{shown(owner)}.{operation}(…)", node)
            for owner, operation in self._operations(node.func, scope, env)
            if moves_by_name(operation) and self._is_service(owner, scope, env)
        )
        yield from islice(asked, 1)

    def _operations(self, func: ast.expr, scope: Scope, env: Environment) -> Iterator[tuple[ast.expr, str]]:
        """The operations that a call may be one of, and what they are asked of."""
        if isinstance(func, ast.Attribute):
            yield func.value, func.attr
        elif isinstance(func, ast.Subscript):
            yield from ((func.value, name) for name in self._names(func.slice, scope, env))
        elif isinstance(func, ast.Call) and terminal(func.func) == "getattr" and len(func.args) > 1:
            yield from ((func.args[0], name) for name in self._names(func.args[1], scope, env))
        elif isinstance(func, ast.Name):
            for binding in scope.bindings.get(func.id, ()):
                if isinstance(binding.node, ast.Call | ast.Subscript | ast.Attribute):
                    yield from self._operations(binding.node, scope, env)

    def _names(self, node: ast.expr, scope: Scope, env: Environment) -> Iterator[str]:
        for option in options(self._evaluator.evaluate(node, scope, env)):
            yield from texts(option)

    def _is_service(self, owner: ast.expr, scope: Scope, env: Environment) -> bool:
        given = [origin(option) for option in options(self._evaluator.evaluate(owner, scope, env))]
        if any(name.partition(".")[0] in PACKAGES for name in given):
            return True
        uses_soap = any(name.encode() in scope.module.words for name in PACKAGES)
        return uses_soap and not any(given) and not _SERVICES.isdisjoint(words(terminal(owner)))


def moves_by_name(operation: str) -> bool:
    """Whether an operation moves money, by its name; a payment that is only requested has a page to pay at."""
    parts = words(operation)
    says = says_money(operation) or asks_to_spend(operation) or any(map(is_verb_of_movement, parts))
    says = says or "money" in parts
    if not says or only_reads(operation) or not _READS.isdisjoint(parts):
        return False
    return parts[-2:] not in {("payment", "request"), ("pay", "request")} or not _DOES.isdisjoint(parts)


__all__ = ["PACKAGES", "SoapCalls"]

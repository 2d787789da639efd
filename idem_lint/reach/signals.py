"""Django's signals: what runs when a row is saved, and when a signal of the project is sent."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from idem_lint.engine.module_facts import CallSite, FunctionNode, Module, Scope, positional, terminal
from idem_lint.engine.value_types import (
    Applied,
    Const,
    Environment,
    External,
    Func,
    Klass,
    Made,
    Value,
    options,
)
from idem_lint.finding.interface import Finder
from idem_lint.reach.calls import Callees
from idem_lint.reach.records import Record
from idem_lint.reach.targets import Target

_AT_SAVING = frozenset({"pre_save", "post_save"})
_SENDS = frozenset({"send", "send_robust", "asend", "asend_robust"})


class Signals:
    """Knows the receivers of the modules in view; they are looked for once, when something first asks."""

    def __init__(self, finder: Finder, callees: Callees) -> None:
        self._finder = finder
        self._callees = callees
        self._evaluator = finder.evaluator
        self._receivers: list[tuple[Value, Klass | None, Func]] | None = None

    def behind_row(self, record: Record, *, is_read: bool = False) -> Iterator[Target]:
        """The receivers that saving a row runs; ``is_read``: of one that a query gave, which is not ``created``."""
        if record.klass is None:
            return
        bases = {base.node for base in self._evaluator.mro(record.klass) if isinstance(base, Klass)}
        for signal, sender, function in self._all():
            if isinstance(signal, External) and signal.name.rpartition(".")[2] in _AT_SAVING:
                # A receiver that names no sender asks for it itself, nearly always: it is not taken for every record's.
                asked = self._callees.rows.given.said("instance", function.body) if sender is None else []
                is_senders = sender is not None and sender.node is record.klass.node
                if is_senders or any(klass.node in bases for klass in asked):
                    is_told = is_read and any(each.arg == "created" for each in positional(function.node))
                    told = {(id(function.node), "created"): Const(False)} if is_told else {}
                    yield Target(function, {**function.environment, **told})

    def sent_by(self, node: ast.Call, scope: Scope, env: Environment) -> Iterator[Target]:
        """The receivers that ``signal.send(…)`` runs."""
        if not isinstance(node.func, ast.Attribute) or node.func.attr not in _SENDS:
            return
        for value in options(self._evaluator.evaluate(node.func.value, scope, env)):
            if (
                isinstance(value, Made)
                and isinstance(value.callee, External)
                and value.callee.name.endswith("Signal")
            ):
                for signal, _, function in self._all():
                    if isinstance(signal, Made) and signal.call is value.call:
                        yield Target(function, function.environment)

    def _all(self) -> list[tuple[Value, Klass | None, Func]]:
        if self._receivers is None:
            self._receivers = []
            for module in self._callees.modules():
                self._receivers += self._of_module(module)
        return self._receivers

    def _of_module(self, module: Module) -> Iterator[tuple[Value, Klass | None, Func]]:
        if b"receiver" in module.words:
            for node, scope in module.functions:
                yield from self._decorated(node, scope)
        if b"connect" in module.words:
            for site in module.sites([b"connect"]):
                yield from self._connected(site)

    def _decorated(self, node: FunctionNode, scope: Scope) -> Iterator[tuple[Value, Klass | None, Func]]:
        for decorator in node.decorator_list:
            if isinstance(decorator, ast.Call) and terminal(decorator.func) == "receiver" and decorator.args:
                for signal in self._signals(decorator.args[0], scope):
                    yield signal, self._sender(decorator, scope), Func(node, scope)

    def _connected(self, site: CallSite) -> Iterator[tuple[Value, Klass | None, Func]]:
        func = site.node.func
        if not (isinstance(func, ast.Attribute) and func.attr == "connect" and site.node.args):
            return
        for option in options(self._evaluator.evaluate(site.node.args[0], site.scope)):
            while isinstance(option, Applied):
                option = option.target
            if isinstance(option, Func):
                for signal in self._signals(func.value, site.scope):
                    yield signal, self._sender(site.node, site.scope), option

    def _signals(self, node: ast.expr, scope: Scope) -> Iterator[Value]:
        for part in node.elts if isinstance(node, ast.List | ast.Tuple) else [node]:
            yield from options(self._evaluator.evaluate(part, scope))

    def _sender(self, call: ast.Call, scope: Scope) -> Klass | None:
        given = (word.value for word in call.keywords if word.arg == "sender")
        senders = (option for node in given for option in options(self._evaluator.evaluate(node, scope)))
        return next((sender for sender in senders if isinstance(sender, Klass)), None)

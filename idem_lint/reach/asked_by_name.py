"""Methods that a call asks for by a name which the source works out: ``getattr(bill, action)()``."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from idem_lint.engine import constants
from idem_lint.engine.evaluator import Evaluator
from idem_lint.engine.module_facts import Scope, terminal
from idem_lint.engine.value_types import Const, Environment, Klass, options
from idem_lint.reach.methods import IMPLEMENTATIONS
from idem_lint.reach.receivers import Receivers


class AskedByName:
    """Answers with the owners and names of the methods that a call asks for."""

    def __init__(self, evaluator: Evaluator, receivers: Receivers) -> None:
        self.evaluator = evaluator
        self.receivers = receivers

    def of(self, func: ast.expr, scope: Scope, env: Environment) -> Iterator[tuple[ast.expr, str]]:
        """The owner and the name of a method that is called; also of ``getattr(payment, name)``, also in a variable."""
        if isinstance(func, ast.Attribute):
            yield func.value, func.attr
        nodes: list[ast.AST | None] = [func]
        if isinstance(func, ast.Name):
            nodes = [binding.node for binding in scope.bindings.get(func.id, ())]
        for node in nodes:
            if isinstance(node, ast.Call) and terminal(node.func) == "getattr" and len(node.args) > 1:
                yield from ((node.args[0], name) for name in self._names(node, scope, env))

    def _names(self, node: ast.Call, scope: Scope, env: Environment) -> Iterator[str]:
        """The names that ``getattr(owner, name)`` may ask for: those that are known, those with a known beginning
        (``f"handle_{event}"``), else those that the function around has as texts.
        """
        found = list(options(self.evaluator.evaluate(node.args[1], scope, env)))
        texts = [each.value for each in found if isinstance(each, Const) and isinstance(each.value, str)]
        known = [text for text in texts if constants.UNKNOWN_PART not in text]
        yield from known
        if known or not isinstance(scope.node, ast.FunctionDef | ast.AsyncFunctionDef):
            return
        begins = tuple(text.partition(constants.UNKNOWN_PART)[0] for text in texts)
        spelt = {part.value for part in ast.walk(scope.node) if isinstance(part, ast.Constant)}
        for klass in self.receivers.classes(node.args[0], scope, env)[:IMPLEMENTATIONS]:
            for base in self.evaluator.mro(klass):
                names = base.body.bindings if isinstance(base, Klass) else ()
                if texts:
                    yield from (name for name in names if all(begins) and name.startswith(begins))
                else:
                    yield from (name for name in names if name in spelt)

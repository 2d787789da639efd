"""The methods that a class of the project has under a name: its own, those of a protocol's implementations, of heirs for a
method that only says that they have it, and of the class after it for ``super()``.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

from idem_lint.engine.evaluator import Evaluator
from idem_lint.engine.module_facts import Module, Scope, terminal
from idem_lint.engine.scope_lookup import SELF
from idem_lint.engine.value_types import (
    Applied,
    Bound,
    Environment,
    External,
    Func,
    Klass,
    Made,
    Member,
    Value,
    options,
)
from idem_lint.reach.receivers import Receivers
from idem_lint.reach.rows import Rows
from idem_lint.reach.stubs import is_stub

_PROTOCOL = frozenset({"typing.Protocol", "typing_extensions.Protocol"})
IMPLEMENTATIONS = 8
"""How many classes may stand for one."""


class Methods:
    """Finds methods by their class and name."""

    def __init__(
        self, evaluator: Evaluator, rows: Rows, receivers: Receivers, modules: Callable[[], list[Module]]
    ) -> None:
        self.evaluator = evaluator
        self.rows = rows
        self.receivers = receivers
        self.modules = modules

    def of_class(self, klass: Klass, name: str) -> Iterator[Value]:
        """The methods of a name that instances of a class may have."""
        for each in self.implementations(klass):
            value = self.evaluator.attribute(Made(each, SELF, each.scope, each.environment), name)
            own = [option for option in options(value) if isinstance(option, Bound | Func | Applied)]
            if not own:
                taken = list(self.rows.managers.methods_of(each, name))
                yield from taken or self.rows.managers.for_rows(each, name)
            yield from own
            yield from (option for option in self._below(each, name) if all(option is not o for o in own))

    def implementations(self, klass: Klass) -> list[Klass]:
        """The classes that a protocol (PEP 544) stands for; any other class stands for itself."""
        if not any(
            isinstance(base, External) and base.name in _PROTOCOL for base in self.evaluator.mro(klass)
        ):
            return [klass]
        names = {
            each.name for each in klass.node.body if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)
        }
        found = [
            Klass(node, scope)
            for module in self.modules()
            for node, scope in module.classes
            if node is not klass.node and names and names <= module.scopes[node].bindings.keys()
        ]
        return found[:IMPLEMENTATIONS] or [klass]

    def overriding(self, method: Bound) -> Iterator[Value]:
        """What stands for a method that only says that its heirs have it."""
        klass = method.owner.callee if isinstance(method.owner, Made) else None
        name = method.function.node.name
        found = self._below(klass, name) if isinstance(klass, Klass) else []
        yield from found or [method]

    def _below(self, klass: Klass, name: str) -> list[Value]:
        found: dict[object, Value] = {}
        for heir in self.receivers.below(klass):
            value = self.evaluator.attribute(Made(heir, SELF, heir.scope, heir.environment), name)
            for option in options(value):
                if isinstance(option, Bound) and not is_stub(option.function.node):
                    found.setdefault(option.function.node, option)
        return list(found.values())[:IMPLEMENTATIONS]

    def through_super(self, node: ast.Call, scope: Scope, env: Environment) -> Value | None:
        """``super().name(…)`` as the method of the next class that has one."""
        func = node.func
        if not (
            isinstance(func, ast.Attribute)
            and isinstance(func.value, ast.Call)
            and terminal(func.value.func) == "super"
        ):
            return None
        inner: Scope | None = scope
        while inner is not None and not (inner.parent is not None and inner.parent.is_class):
            inner = inner.parent
        if inner is None or inner.parent is None or not isinstance(inner.parent.node, ast.ClassDef):
            return None
        here = inner.parent.node
        owner = self._instance(inner, env)
        made_of = owner.callee if isinstance(owner, Made) else None
        klass = made_of if isinstance(made_of, Klass) else Klass(here, inner.parent.parent or inner.parent)
        order = self.evaluator.mro(klass)
        at = next(
            (number for number, base in enumerate(order) if isinstance(base, Klass) and base.node is here), -1
        )
        for base in order[at + 1 :]:
            if isinstance(base, Klass) and func.attr in base.body.bindings:
                found = self.evaluator.bound(base.body.bindings[func.attr], base.body, base.environment, None)
                for option in options(found):
                    if isinstance(option, Func):
                        return Bound(option, owner or Made(klass, SELF, klass.scope))
        return Member(owner or Made(klass, SELF, klass.scope), func.attr)

    def _instance(self, scope: Scope, env: Environment) -> Value | None:
        node = scope.node
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            for argument in [*node.args.posonlyargs, *node.args.args][:1]:
                return env.get((id(node), argument.arg))
        return None

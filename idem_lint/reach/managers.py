"""Django's managers: whose rows ``Payment.objects`` makes where the project wrote the manager itself, and what ``self``
makes in its methods.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

from idem_lint.engine.evaluator import Evaluator
from idem_lint.engine.module_facts import Module, Scope, terminal
from idem_lint.engine.scope_lookup import SELF
from idem_lint.engine.value_types import Bound, Environment, Klass, Made, Value, options

_ENDS = ("Manager", "QuerySet", "Query", "manager", "from_queryset")


class Managers:
    """Knows which models name which managers; they are looked for once, when something first asks."""

    def __init__(self, evaluator: Evaluator, modules: Callable[[], list[Module]]) -> None:
        self._evaluator = evaluator
        self._modules = modules
        self._by_call: dict[ast.Call, Klass] | None = None
        self._by_class: dict[ast.AST, list[Klass]] = {}
        self._serving: dict[ast.AST, list[Klass]] = {}
        self._of_heirs: dict[tuple[ast.AST, ast.AST], Made] = {}

    def models(self, made: Made) -> list[Klass]:
        """The models whose rows a manager or a query set of the project is about; none for anything else."""
        by_call = self._calls()
        if made.call is not SELF and made.call in by_call:
            return [by_call[made.call]]
        return self._by_class.get(made.callee.node, []) if isinstance(made.callee, Klass) else []

    def is_manager(self, value: Value) -> bool:
        """Whether a value is a manager that a model of the project names in its body."""
        return isinstance(value, Made) and value.call is not SELF and value.call in self._calls()

    def of_heir(self, manager: Klass, model: Klass) -> Made:
        """An instance of a manager, or of its query set, that is about the rows of one model alone: ``objects`` in the body
        of a base is about the rows of whichever heir is asked for it.
        """
        key = (manager.node, model.node)
        if key not in self._of_heirs:
            call = ast.copy_location(ast.Call(ast.Name(manager.node.name, ast.Load()), [], []), manager.node)
            self._of_heirs[key] = Made(manager, call, manager.scope, manager.environment)
            self._calls()[call] = model
        return self._of_heirs[key]

    def for_rows(self, model: Klass, name: str) -> Iterator[Value]:
        """The methods of a name that the managers and query sets of a model have, as its rows are asked for them."""
        self._calls()
        for base in [base for base in self._evaluator.mro(model) if isinstance(base, Klass)]:
            for manager in self._serving.get(base.node, ()):
                found = self._evaluator.attribute(self.of_heir(manager, model), name)
                methods = [option for option in options(found) if isinstance(option, Bound)]
                if methods:
                    yield from methods
                    return

    def _calls(self) -> dict[ast.Call, Klass]:
        if self._by_call is None:
            self._by_call = {}
            for module in self._modules():
                self._read(module, self._by_call)
        return self._by_call

    def methods_of(self, klass: Klass, name: str) -> Iterator[Value]:
        """The methods of a name that ``Manager.from_queryset(Rows)`` takes from a query set of the project."""
        for base in [base for base in self._evaluator.mro(klass) if isinstance(base, Klass)]:
            for node in base.node.bases:
                for source in self._taken(node, base.scope, base.environment):
                    found = self._evaluator.class_attribute(source, name)
                    yield from [found] if found is not None else []

    def _read(self, module: Module, by_call: dict[ast.Call, Klass]) -> None:
        for node, scope in module.classes:
            for part in node.body:
                call = part.value if isinstance(part, ast.Assign | ast.AnnAssign) else None
                if isinstance(call, ast.Call) and self._makes_manager(call, module.scopes[node]):
                    model = Klass(node, scope)
                    by_call[call] = model
                    for klass in self._classes(call, module.scopes[node]):
                        self._serves(klass, model)

    def _makes_manager(self, call: ast.Call, scope: Scope) -> bool:
        """Whether a call makes a manager, by its name, or because the class of this name is one."""
        func = call.func.func if isinstance(call.func, ast.Call) else call.func
        if terminal(func).endswith(_ENDS):
            return True
        if not isinstance(func, ast.Name) or call.args or call.keywords:
            return False
        return any(
            isinstance(option, Klass) and any(map(_is_managers, self._bases(option)))
            for option in options(self._evaluator.evaluate(func, scope))
        )

    def _bases(self, klass: Klass) -> Iterator[ast.expr]:
        for base in self._evaluator.mro(klass):
            yield from base.node.bases if isinstance(base, Klass) else ()

    def _serves(self, manager: Klass, model: Klass) -> None:
        """Note a model under its manager's class, its project bases, and the query set that the manager gives."""
        for base in self._evaluator.mro(manager):
            if isinstance(base, Klass):
                known = self._by_class.setdefault(base.node, [])
                if all(each.node is not model.node for each in known):
                    known.append(model)
                    self._serving.setdefault(model.node, []).append(base)
                    for queried in self._queried(base):
                        self._serves(queried, model)

    def _queried(self, manager: Klass) -> Iterator[Klass]:
        """The query set of the project that ``get_queryset`` of a manager returns, or that its base takes methods from."""
        for base in manager.node.bases:
            yield from self._taken(base, manager.scope, manager.environment)
        found = [binding.node for binding in manager.body.bindings.get("get_queryset", ())]
        for node in [node for node in found if isinstance(node, ast.FunctionDef)]:
            body = manager.module.scopes[node]
            for call in [returned for returned in body.returns if isinstance(returned, ast.Call)]:
                yield from self._classes(call, body)

    def _classes(self, call: ast.Call, scope: Scope) -> Iterator[Klass]:
        """The classes in the callee of a manager: ``Rows()``, ``Rows.as_manager()``, ``Manager.from_queryset(Rows)()``."""
        yield from self._taken(call.func, scope, {})
        func: ast.expr = call.func
        while isinstance(func, ast.Attribute | ast.Call):
            func = func.value if isinstance(func, ast.Attribute) else func.func
        for node in (call.func, func):
            found = options(self._evaluator.evaluate(node, scope))
            yield from [option for option in found if isinstance(option, Klass)]

    def _taken(self, node: ast.expr, scope: Scope, env: Environment) -> Iterator[Klass]:
        if isinstance(node, ast.Call) and terminal(node.func) == "from_queryset" and node.args:
            found = options(self._evaluator.evaluate(node.args[0], scope, env))
            yield from [option for option in found if isinstance(option, Klass)]


def _is_managers(base: ast.expr) -> bool:
    """Whether a base of a class is a manager: ``models.Manager``, ``models.Manager.from_queryset(Rows)``."""
    return terminal(base.func if isinstance(base, ast.Call) else base) in {"Manager", "from_queryset"}

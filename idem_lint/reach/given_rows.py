"""Rows that frameworks give: the query set of an admin's action, what a form or serializer saves; and
rows that a function itself says: ``assert isinstance(row, Payout)``.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from idem_lint.engine.evaluator import Evaluator
from idem_lint.engine.module_facts import Module, Scope, terminal
from idem_lint.engine.value_types import Items, Klass, Made, Member, Parameter, Unknown, Value, options

_GIVEN = frozenset({"queryset", "qs", "query_set", "obj", "object", "instance"})
"""What Django's admin and views call the rows that they give a method."""
_OF_FORM = frozenset({"instance", "save", "asave"})


@dataclass(frozen=True, slots=True, eq=False)
class AdminRegistration:
    """A model that an admin site has, and the class that shows it; ``None`` where that is Django's own."""

    model: Klass
    admin: Klass | None
    node: ast.AST
    module: Module


class GivenRows:
    """Answers with the models of what frameworks give; where an admin site has which model is looked up once."""

    def __init__(self, evaluator: Evaluator, modules: Callable[[], list[Module]]) -> None:
        self._evaluator = evaluator
        self._modules = modules
        self._registrations: list[AdminRegistration] | None = None
        self._admins: dict[ast.AST, list[Klass]] | None = None
        self._said: dict[ast.AST, dict[str, list[ast.expr]]] = {}

    def of_parameter(self, parameter: Parameter) -> list[Klass]:
        """``def pay(self, request, queryset)`` of the admin of a model."""
        owner = parameter.scope.parent
        if parameter.name not in _GIVEN or owner is None or not owner.is_class:
            return []
        return self._by_admin().get(owner.node, [])

    def of_admin(self, klass: Klass) -> list[Klass]:
        """The models that an admin site shows by this class."""
        return self._by_admin().get(klass.node, [])

    def of_inlines(self, klass: Klass) -> list[Klass]:
        """The models whose rows the page of an admin class adds and edits below its own: ``inlines = [PaymentInline]``."""
        listed = self._evaluator.class_attribute(klass, "inlines")
        inlines = [
            each for item in (listed.items if isinstance(listed, Items) else ()) for each in _classes(item)
        ]
        return [
            model
            for inline in inlines
            for model in _classes(self._evaluator.class_attribute(inline, "model"))
        ]

    def in_formset(self, scope: Scope) -> list[Klass]:
        """The models whose rows an admin's ``save_formset`` is given to keep, new or changed."""
        owner = scope.parent
        is_one = isinstance(scope.node, ast.FunctionDef) and scope.node.name == "save_formset"
        if not is_one or owner is None or owner.parent is None or not isinstance(owner.node, ast.ClassDef):
            return []
        return self.of_inlines(Klass(owner.node, owner.parent))

    def of_form(self, member: Member) -> list[Klass]:
        """``form.instance`` and ``form.save()``, by the model that the class of the form or serializer names."""
        owner = member.owner.callee if isinstance(member.owner, Made) else None
        if not isinstance(owner, Klass) or member.name not in _OF_FORM:
            return []
        metas = _classes(self._evaluator.class_attribute(owner, "Meta"))
        return [model for meta in metas for model in _classes(self._evaluator.class_attribute(meta, "model"))]

    def said(self, name: str, scope: Scope) -> list[Klass]:
        """The classes that a function says a name is an instance of."""
        node = scope.node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            return []
        if node not in self._said:
            self._said[node] = {}
            for part in ast.walk(node):
                if isinstance(part, ast.Call) and terminal(part.func) == "isinstance" and len(part.args) == 2:
                    asked = part.args[0]
                    if isinstance(asked, ast.Name):
                        self._said[node].setdefault(asked.id, []).append(part.args[1])
        found = (
            option
            for klass in self._said[node].get(name, ())
            for option in options(self._evaluator.evaluate(klass, scope))
        )
        return [option for option in found if isinstance(option, Klass)]

    def registrations(self) -> list[AdminRegistration]:
        """What admin sites have: ``@admin.register(Payout)``, ``admin.site.register(Payout, PayoutAdmin)``."""
        if self._registrations is None:
            modules = [module for module in self._modules() if b"register" in module.words]
            self._registrations = [found for module in modules for found in self._registered(module)]
        return self._registrations

    def _by_admin(self) -> dict[ast.AST, list[Klass]]:
        if self._admins is None:
            self._admins = {}
            for found in self.registrations():
                for base in self._evaluator.mro(found.admin) if found.admin is not None else ():
                    if isinstance(base, Klass):
                        models = self._admins.setdefault(base.node, [])
                        if all(known.node is not found.model.node for known in models):
                            models.append(found.model)
        return self._admins

    def _registered(self, module: Module) -> Iterator[AdminRegistration]:
        for node, scope in module.classes:
            admin = Klass(node, scope)
            yield from (
                AdminRegistration(model, admin, node, module) for model in self._decorated(node, scope)
            )
        for site in module.sites([b"register"]):
            if terminal(site.node.func) != "register" or not 1 <= len(site.node.args) <= 2:
                continue
            admins: list[Klass | None] = list(self._listed(site.node.args[1:], site.scope))
            func = site.node.func
            is_plain = (
                len(site.node.args) == 1
                and isinstance(func, ast.Attribute)
                and terminal(func.value) == "site"
            )
            for model in self._listed(site.node.args[:1], site.scope):
                for admin_class in [None] if is_plain else admins:
                    yield AdminRegistration(model, admin_class, site.node, module)

    def _decorated(self, node: ast.ClassDef, scope: Scope) -> Iterator[Klass]:
        for decorator in node.decorator_list:
            if isinstance(decorator, ast.Call) and terminal(decorator.func) == "register":
                yield from self._listed(decorator.args, scope)

    def _listed(self, nodes: list[ast.expr], scope: Scope) -> Iterator[Klass]:
        for node in nodes:
            parts = node.elts if isinstance(node, ast.List | ast.Tuple) else [node]
            for part in parts:
                yield from _classes(self._evaluator.evaluate(part, scope))


def _classes(value: Value | None) -> list[Klass]:
    return [option for option in options(value or Unknown()) if isinstance(option, Klass)]

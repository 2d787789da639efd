"""What the owner of a method is where neither a constructor nor its own annotation says so: the annotation of an attribute,
a property's, what the project gives a constructor, a foreign key, and last the name.

A name alone is a guess, and says so: ``wallet.credit(…)`` is taken for ``Wallet.credit`` only where nothing else is known of
``wallet`` and few classes have such a method.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

from idem_lint.engine.evaluator import Evaluator
from idem_lint.engine.module_facts import FunctionNode, Module, Scope, positional, terminal
from idem_lint.engine.value_types import (
    Bound,
    Const,
    Environment,
    Func,
    Klass,
    Member,
    Parameter,
    Value,
    options,
)
from idem_lint.reach.action_names import asks_to_move
from idem_lint.reach.common_methods import COMMON
from idem_lint.reach.name_words import words
from idem_lint.reach.rows import Rows, annotated
from idem_lint.reach.stubs import is_stub

_DEPTH = 4
_HEIRS = 12
"""How many classes below one are looked at."""
_SITES = 40
"""How many calls of a constructor are looked at."""
_NAMESAKES = 4
"""How many classes may have a method of a name, so that the name still says which it is."""
_PROPERTIES = frozenset({"property", "cached_property"})
_LINKS = frozenset(
    {
        "ForeignKey",
        "OneToOneField",
        "ForeignKeyField",
        "ReferenceField",
        "relationship",
        "ParentalKey",
        "TreeForeignKey",
        "backref",
    }
)


class Receivers:
    """Answers with the project's classes of an owner, and with those below a class."""

    def __init__(self, evaluator: Evaluator, rows: Rows, modules: Callable[[], list[Module]]) -> None:
        self._evaluator = evaluator
        self._rows = rows
        self._modules = modules
        self._named: dict[str, list[Klass]] | None = None
        self._below: dict[str, list[Klass]] = {}
        self._having: dict[str, list[Klass]] = {}
        self._heirs: dict[ast.AST, list[Klass]] = {}
        self._attributes: dict[tuple[ast.AST, str], list[Klass]] = {}
        self._annotations: dict[ast.AST, dict[str, list[ast.expr]]] = {}
        self._given: dict[tuple[ast.AST, str], list[Klass]] = {}

    def classes(self, node: ast.expr, scope: Scope, env: Environment, depth: int = _DEPTH) -> list[Klass]:
        """The classes that an expression may be an instance of, by all that the project says; none where it says nothing."""
        found = self._rows.classes(node, scope, env)
        if found or depth <= 0:
            return found
        node = node.value if isinstance(node, ast.Await) else node
        if isinstance(node, ast.Attribute):
            return self._of_attribute(node, scope, env, depth)
        said = self._returned(node, scope, env)
        if said:
            return said
        value = self._evaluator.evaluate(node, scope, env)
        return [klass for option in options(value) for klass in self.of_value(option, depth)]

    def of_value(self, value: Value, depth: int = _DEPTH) -> list[Klass]:
        """The classes of a value of which the rows know nothing: a parameter, an attribute of something."""
        if isinstance(value, Parameter):
            return self._of_parameter(value, depth)
        if isinstance(value, Member):
            owners = self._rows.of_value(value.owner) or self.of_value(value.owner, depth - 1)
            return [found for owner in owners for found in self.attribute(owner, value.name, depth)]
        return []

    def attribute(self, klass: Klass, name: str, depth: int = _DEPTH) -> list[Klass]:
        """The classes of an attribute of a class's instances."""
        key = (klass.node, name)
        if key not in self._attributes:
            self._attributes[key] = []  # an attribute may lead to itself
            found: list[Klass] = []
            for base in self._evaluator.mro(klass):
                found = found or (list(self._of_base(base, name, depth)) if isinstance(base, Klass) else [])
            self._attributes[key] = found or self._rows.records.related(name)
        return self._attributes[key]

    def below(self, klass: Klass) -> list[Klass]:
        """The project's classes that extend a class, directly or not."""
        if klass.node not in self._heirs:
            self._read()
            found: dict[ast.AST, Klass] = {}
            waiting = [klass.node.name]
            seen = {klass.node.name}
            while waiting and len(found) < _HEIRS:
                heirs = [heir for heir in self._below.get(waiting.pop(), ()) if self._extends(heir, klass)]
                found.update({heir.node: heir for heir in heirs})
                names = {heir.node.name for heir in heirs} - seen
                seen |= names
                waiting += sorted(names)
            self._heirs[klass.node] = list(found.values())
        return self._heirs[klass.node]

    def by_name(self, node: ast.expr, method: str, *, is_given: bool = False) -> list[Klass]:
        """The classes whose method a call of this name asks for, where the owner's own name or the method's says so."""
        if method in COMMON or method.startswith("__"):
            return []
        self._read()
        having = self._having.get(method, [])
        own = words(terminal(node.func) if isinstance(node, ast.Call) else terminal(node))
        alike = [klass for klass in having if own and _is_named(own, words(klass.node.name))]
        if alike:
            return alike[:_NAMESAKES]
        # A single word says whose it is only where the project names it, too: ``getattr(payment, "charge")``.
        says_much = len(words(method)) > 1 or (is_given and asks_to_move(method))
        return having if len(having) <= _NAMESAKES and says_much else []

    def implementing(self, method: str) -> list[Klass]:
        """The classes that have a method which one class of the project, and no other, leaves to its heirs."""
        self._read()
        having = self._having.get(method, [])
        stubs = [klass for klass in having if self._leaves(klass, method)]
        if len(stubs) != 1:
            return []
        heirs = {heir.node for heir in self.below(stubs[0])}
        return [klass for klass in having if klass.node in heirs][:_NAMESAKES]

    def _leaves(self, klass: Klass, method: str) -> bool:
        nodes = [binding.node for binding in klass.body.bindings.get(method, ())]
        return any(isinstance(node, FunctionNode) and is_stub(node) for node in nodes)

    def named(self, name: str) -> list[Klass]:
        """The project's classes of a name: ``"Account"``, ``"ledger.Account"``."""
        self._read()
        return (self._named or {}).get(name.rpartition(".")[2], [])

    # where it is looked

    def _of_attribute(self, node: ast.Attribute, scope: Scope, env: Environment, depth: int) -> list[Klass]:
        owners = self.classes(node.value, scope, env, depth - 1)
        return [found for owner in owners for found in self.attribute(owner, node.attr, depth)]

    def _returned(self, node: ast.expr, scope: Scope, env: Environment) -> list[Klass]:
        """What the annotation of the function says that gave an expression its value: ``get_provider() -> Provider``."""
        calls = [node] if isinstance(node, ast.Call) else []
        if isinstance(node, ast.Name):
            nodes = [binding.node for binding in scope.bindings.get(node.id, ()) if not binding.path]
            nodes = [each.value if isinstance(each, ast.Await) else each for each in nodes]
            calls = [each for each in nodes if isinstance(each, ast.Call)]
        found: list[Klass] = []
        for call in calls:
            for option in options(self._evaluator.evaluate(call.func, scope, env)):
                function = option.function if isinstance(option, Bound) else option
                if isinstance(function, Func) and function.node.returns is not None:
                    found += self._said(function.node.returns, function.scope)
        return found

    def _of_parameter(self, parameter: Parameter, depth: int) -> list[Klass]:
        """What the project gives a constructor's parameter that has no annotation."""
        function = parameter.scope.node
        owner = parameter.scope.parent
        if not (
            isinstance(function, ast.FunctionDef)
            and function.name == "__init__"
            and owner is not None
            and isinstance(owner.node, ast.ClassDef)
        ):
            return []
        key = (function, parameter.name)
        if key not in self._given:
            self._given[key] = []
            found: dict[ast.AST, Klass] = {}
            for given, scope in self._arguments(owner.node, function, parameter.name):
                found.update({each.node: each for each in self.classes(given, scope, {}, depth - 1)})
            self._given[key] = list(found.values())
        return self._given[key]

    def _arguments(
        self, klass: ast.ClassDef, function: FunctionNode, name: str
    ) -> Iterator[tuple[ast.expr, Scope]]:
        names = [argument.arg for argument in positional(function)]
        count = 0
        for module in self._modules():
            if klass.name.encode() not in module.words:
                continue
            for site in module.sites([klass.name.encode()]):
                if terminal(site.node.func) != klass.name or count >= _SITES:
                    continue
                count += 1
                yield from ((word.value, site.scope) for word in site.node.keywords if word.arg == name)
                at = names.index(name) - 1 if name in names else -1
                given = site.node.args[at : at + 1] if at >= 0 else []
                yield from ((each, site.scope) for each in given if not isinstance(each, ast.Starred))

    def _of_base(self, klass: Klass, name: str, depth: int) -> Iterator[Klass]:
        """What one class says of an attribute: in its body, of ``self`` in its methods, by a property."""
        for annotation in self._annotated_in(klass.node).get(name, ()):
            yield from self._said(annotation, klass.body)
        nodes = [binding.node for binding in klass.body.bindings.get(name, ())]
        for node in [node for node in nodes if isinstance(node, ast.FunctionDef)]:
            yield from self._of_property(node, klass, depth)
        for value in [node for node in nodes if isinstance(node, ast.expr)]:
            if isinstance(value, ast.Call) and terminal(value.func) in _LINKS:
                yield from self._linked(value, klass.body)
            else:
                yield from self.classes(value, klass.body, klass.environment, depth - 1)
        for method in [part for part in klass.node.body if isinstance(part, FunctionNode)]:
            body = klass.module.scopes[method]
            given = [binding.node for binding in body.bindings.get(f"self.{name}", ())]
            for value in [node for node in given if isinstance(node, ast.expr)]:
                yield from self.classes(value, body, {}, depth - 1)

    def _of_property(self, node: ast.FunctionDef, klass: Klass, depth: int) -> Iterator[Klass]:
        if not any(terminal(item) in _PROPERTIES for item in node.decorator_list):
            return
        said = list(self._said(node.returns, klass.body)) if node.returns is not None else []
        yield from said
        body = klass.module.scopes[node]
        for returned in [] if said else body.returns[:4]:
            yield from self.classes(returned, body, {}, depth - 1)

    def _annotated_in(self, node: ast.ClassDef) -> dict[str, list[ast.expr]]:
        known = self._annotations.get(node)
        if known is None:
            known = self._annotations[node] = {}
            for name, annotation in _annotations(node.body):
                known.setdefault(name, []).append(annotation)
        return known

    def _said(self, annotation: ast.expr, scope: Scope) -> Iterator[Klass]:
        for part in annotated(annotation):
            found = [
                option
                for option in options(self._evaluator.evaluate(part, scope))
                if isinstance(option, Klass)
            ]
            yield from found

    def _linked(self, call: ast.Call, scope: Scope) -> Iterator[Klass]:
        """The model that a foreign key or a relationship names, also by its name as a text."""
        given = [
            *call.args[:1],
            *(word.value for word in call.keywords if word.arg in {"to", "argument", "model"}),
        ]
        found = [option for node in given for option in options(self._evaluator.evaluate(node, scope))]
        yield from [option for option in found if isinstance(option, Klass)]
        for text in [option.value for option in found if isinstance(option, Const)]:
            yield from self.named(str(text))[:1]

    def _extends(self, heir: Klass, klass: Klass) -> bool:
        return any(isinstance(base, Klass) and base.node is klass.node for base in self._evaluator.mro(heir))

    def _read(self) -> None:
        if self._named is not None:
            return
        self._named = {}
        for module in self._modules():
            for node, scope in module.classes:
                klass = Klass(node, scope)
                self._named.setdefault(node.name, []).append(klass)
                for base in node.bases:
                    name = terminal(base.value if isinstance(base, ast.Subscript) else base)
                    self._below.setdefault(name, []).append(klass)
                for name, bindings in module.scopes[node].bindings.items():
                    if isinstance(bindings[0].node, ast.FunctionDef | ast.AsyncFunctionDef):
                        self._having.setdefault(name, []).append(klass)


def _annotations(body: list[ast.stmt]) -> Iterator[tuple[str, ast.expr]]:
    """The attributes that a class annotates: in its body, also below ``if TYPE_CHECKING``, and on ``self``."""
    for part in body:
        if isinstance(part, ast.AnnAssign) and isinstance(part.target, ast.Name):
            yield part.target.id, part.annotation
        elif isinstance(part, ast.If):
            yield from _annotations(part.body)
        elif isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef):
            said = [inner for inner in ast.walk(part) if isinstance(inner, ast.AnnAssign)]
            yield from [
                (inner.target.attr, inner.annotation)
                for inner in said
                if isinstance(inner.target, ast.Attribute) and terminal(inner.target.value) == "self"
            ]


def _is_named(own: tuple[str, ...], klass: tuple[str, ...]) -> bool:
    """Whether a name is that of a class, or ends like it: ``new_payment`` of ``Payment``."""
    return bool(klass) and (own == klass or own[-1] == klass[-1])

"""Which records an expression is about: of ``session.get(Account, 1)``, of ``Account.objects.filter(…).first()``, of an
annotated parameter, of what a function of the project returns.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import cast

from idem_lint.engine.evaluator import Evaluator
from idem_lint.engine.module_facts import Scope, terminal
from idem_lint.engine.scope_lookup import SELF
from idem_lint.engine.value_types import (
    Applied,
    Bound,
    Const,
    Environment,
    External,
    Func,
    Items,
    Klass,
    Made,
    Member,
    Parameter,
    Table,
    Unknown,
    Value,
    options,
    told_apart,
)
from idem_lint.reach.given_rows import GivenRows
from idem_lint.reach.managers import Managers
from idem_lint.reach.name_words import words
from idem_lint.reach.query_methods import QUERIES
from idem_lint.reach.records import Record, Records
from idem_lint.reach.view_serializers import ViewSerializers

_DEPTH = 12
_STEPS = 100
"""How many values one question may lead to: functions that call each other would lead to exponentially many."""
_RESULTS = 5_000
"""Of how many calls of methods it is kept what they give."""
_LOOKED_AT = 4
"""How many items of a list say of which class all are."""
_CHOICES = 20
_RELATIONS = (".ForeignKey", ".OneToOneField", ".ForeignKeyField", ".ParentalKey")
"""Fields of Django, peewee and Tortoise that lead to one row of another model."""
"""How many values of a table are looked at where the key is not known."""
_LOADS_MODEL = frozenset({"get_model", "load_model", "get_model_class", "lazy_model", "import_string"})
_AROUND_MODEL = frozenset({"get", "load", "resolve", "model", "class", "setting", "name", "path", "default"})
"""What stands around the name of a model where a setting or a function is called after it."""
_NAMES_MODEL = frozenset({"model", "model_class", "_model"})
"""What services, repositories and mixins call the model that their heirs name."""
_VIEWQUERIES = frozenset({"get_object", "get_queryset", "filter_queryset"})


class Rows:
    """Answers with records, nearest first."""

    def __init__(self, evaluator: Evaluator, records: Records) -> None:
        self._serializers = ViewSerializers(evaluator)
        self.evaluator = evaluator
        self.records = records
        self.managers = Managers(evaluator, records.modules)
        self.given = GivenRows(evaluator, records.modules)
        self._left = 0
        self._asked: set[ast.expr] = set()
        """The things whose class a table is asked for."""
        self._returns: dict[ast.AST, tuple[Klass, ...]] = {}
        self._results: dict[tuple[object, object, ast.Call, int], tuple[Environment, Value]] = {}
        """What calls of methods give, with the environment they stand in: while it is kept, its ``id`` is its own."""

    def of(self, node: ast.expr, scope: Scope, env: Environment) -> list[Record]:
        """The records of an expression; none where nothing is known."""
        self._left = _STEPS
        return list(dict.fromkeys(self._of(node, scope, env, _DEPTH)))

    def classes(self, node: ast.expr, scope: Scope, env: Environment) -> list[Klass]:
        """The project classes that an expression is an instance of, as far as annotations and queries say."""
        self._left = _STEPS
        return list(self._classes(self.evaluator.evaluate(node, scope, env), node, scope, env, _DEPTH))

    def of_value(self, value: Value) -> list[Klass]:
        """The project classes of a value: an instance, a query, a row, a parameter that is annotated."""
        self._left = _STEPS
        return list(self._of_value(value, _DEPTH))

    def named_by(self, member: Member) -> list[Klass]:
        """The models that an object has under a name: ``owner.payment_model``."""
        self._left = _STEPS
        return list(self._named_models(member, _DEPTH))

    def _of(self, node: ast.expr, scope: Scope, env: Environment, depth: int) -> Iterator[Record]:
        for klass in self._classes(self.evaluator.evaluate(node, scope, env), node, scope, env, depth):
            record = self.records.of_class(klass)
            if record is not None:
                yield record
        for option in options(self.evaluator.evaluate(node, scope, env)):
            table = self._table(option)
            if table is not None:
                yield table

    def _table(self, value: Value) -> Record | None:
        while isinstance(value, Made | Member):
            if isinstance(value, Made):
                record = self.records.of_table(value)
                if record is not None:
                    return record
                argument = self._first_argument(value)
                inner = self._table(argument) if argument is not None else None
                if inner is not None:
                    return inner
                value = value.callee
            else:
                value = value.owner
        return None

    def _first_argument(self, made: Made) -> Value | None:
        if not made.call.args or isinstance(made.call.args[0], ast.Starred):
            return None
        return self.evaluator.evaluate(made.call.args[0], made.scope, made.environment)

    def _classes(
        self, value: Value, node: ast.expr, scope: Scope, env: Environment, depth: int
    ) -> Iterator[Klass]:
        managed = self._managed(node, scope, env)
        if managed is not None:
            yield managed
        is_open = False
        for option in told_apart(value):
            found = [] if isinstance(option, Unknown) else list(self._of_value(option, depth))
            is_open = is_open or not found
            yield from found
        if is_open and managed is None:
            yield from self._bound(node, scope, env, depth)

    def managed(self, node: ast.expr, scope: Scope, env: Environment) -> Klass | None:
        """The model whose manager a call begins at; ``None`` for any other."""
        return self._managed(node, scope, env)

    def _managed(self, node: ast.expr, scope: Scope, env: Environment) -> Klass | None:
        """The model of a query that begins at its manager, also where the model has a manager of its own:
        ``Invoice.pending.filter(…).first()``.
        """
        first = ""
        read = ""  # what is read of a row, and not called, leads to another's
        while isinstance(node, ast.Call | ast.Attribute | ast.Await | ast.Subscript):
            if read and read not in QUERIES:
                return None
            is_called = isinstance(node, ast.Call)
            node = node.func if isinstance(node, ast.Call) else node
            if isinstance(node, ast.Attribute):
                first = node.attr
                read = "" if is_called else first
            node = node.value if isinstance(node, ast.Attribute | ast.Await | ast.Subscript) else node
            if isinstance(node, ast.Attribute) and (node.attr[:1].isupper() or node.attr in _NAMES_MODEL):
                break  # ``models.Invoice.objects``, ``self.model.objects``
        if not first or not isinstance(node, ast.Name | ast.Attribute):
            return None
        value = self.evaluator.evaluate(node, scope, env)
        record = self.records.of_class(value) if isinstance(value, Klass) else None
        found = self.evaluator.attribute(value, first)
        return value if record is not None and isinstance(value, Klass) and isinstance(found, Made) else None

    def chosen(self, node: ast.expr, scope: Scope, env: Environment, depth: int = 3) -> Iterator[Value]:
        """What a lookup by a key that is not known may give: ``HANDLERS.get(event.type)``, ``COMMANDS[name]``."""
        asked = _lookup(node)
        if asked is not None:
            yield from self._of_table(*asked, scope, env)
        elif isinstance(node, ast.Name | ast.NamedExpr | ast.Await) and depth > 0:
            for value, owner in self._bindings(node, scope):
                yield from self.chosen(value, owner, env, depth - 1)
        elif isinstance(node, ast.Call) and depth > 0:
            for option in options(self.evaluator.evaluate(node.func, scope, env)):
                for returned in option.body.returns if isinstance(option, Func) else ():
                    yield from self.chosen(returned, cast("Func", option).body, {}, depth - 1)

    def _of_table(
        self, table: ast.expr, key: ast.expr | None, scope: Scope, env: Environment
    ) -> Iterator[Value]:
        """What a table has for the class that it is asked for, else all that is in it."""
        for option in options(self.evaluator.evaluate(table, scope, env)):
            pairs = list(option.pairs) if isinstance(option, Table) else []
            asked = self._asked_class(key, scope, env) if pairs else None
            of_class = [pair for pair in pairs if isinstance(pair[0], Klass) and pair[0].node is asked]
            choices = [choice for _, choice in of_class or pairs]
            choices = list(option.items) if isinstance(option, Items) else choices
            for choice in choices[:_CHOICES]:
                yield from options(choice)

    def _asked_class(self, key: ast.expr | None, scope: Scope, env: Environment) -> ast.AST | None:
        """The class that a table is asked for: of ``HANDLERS[type(command)]`` and ``[command.__class__]``."""
        if isinstance(key, ast.Name):
            given = [binding.node for binding in scope.bindings.get(key.id, ())]
            key = given[0] if len(given) == 1 and isinstance(given[0], ast.expr) else key
        thing: ast.expr | None = None
        if isinstance(key, ast.Call) and terminal(key.func) == "type" and len(key.args) == 1:
            thing = key.args[0]
        elif isinstance(key, ast.Attribute) and key.attr == "__class__":
            thing = key.value
        if thing is None or thing in self._asked:  # what a table gives may be what it is asked with
            return None
        left = self._left
        self._left = left if self._asked else _STEPS
        self._asked.add(thing)
        try:
            value = self.evaluator.evaluate(thing, scope, env)
            classes = list(self._classes(value, thing, scope, env, _DEPTH))
        finally:
            self._asked.discard(thing)
            self._left = self._left if self._asked else left
        return classes[0].node if len(classes) == 1 else None

    def _bindings(self, node: ast.expr, scope: Scope) -> Iterator[tuple[ast.expr, Scope]]:
        if isinstance(node, ast.NamedExpr | ast.Await):
            yield node.value, scope
        owner = _owner(node.id, scope) if isinstance(node, ast.Name) else None
        if owner is not None and isinstance(node, ast.Name):
            found = [binding.node for binding in owner.bindings[node.id]]
            yield from ((value, owner) for value in found if isinstance(value, ast.expr))

    def _bound(self, node: ast.expr, scope: Scope, env: Environment, depth: int) -> Iterator[Klass]:
        """What loops, ``with`` and unpacking give a name that the evaluator knows nothing of."""
        if isinstance(node, ast.Await | ast.Starred | ast.NamedExpr | ast.Subscript):
            yield from self._again(node.value, scope, env, depth)
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            yield from self._assigned(f"{node.value.id}.{node.attr}", node, scope, env, depth)
        elif isinstance(node, ast.Name):
            owner = _owner(node.id, scope)
            said = self.given.said(node.id, owner) if owner is not None else []
            yield from said
            if owner is not None and not said:
                yield from self._assigned(node.id, node, owner, env, depth)

    def _assigned(
        self, name: str, node: ast.expr, scope: Scope, env: Environment, depth: int
    ) -> Iterator[Klass]:
        for binding in scope.bindings.get(name, ()):
            is_other = isinstance(binding.node, ast.expr) and binding.node is not node
            if is_other and binding.kind in {"loop", "with", "assign"}:
                yield from self._again(cast("ast.expr", binding.node), scope, env, depth)
            elif isinstance(binding.node, ast.arg) and binding.node.annotation is not None:
                yield from self._annotated(binding.node.annotation, scope)

    def _annotated(self, node: ast.expr, scope: Scope) -> Iterator[Klass]:
        """The classes in the annotation of a parameter of a function."""
        for part in annotated(node):
            for option in options(self.evaluator.evaluate(part, scope.parent or scope)):
                if isinstance(option, Klass):
                    yield option

    def _again(self, node: ast.expr, scope: Scope, env: Environment, depth: int) -> Iterator[Klass]:
        self._left -= 1
        value = self.evaluator.evaluate(node, scope, env) if depth > 0 and self._left > 0 else None
        yield from self._classes(value, node, scope, env, depth - 1) if value is not None else ()

    def _of_value(self, value: Value, depth: int) -> Iterator[Klass]:
        self._left -= 1
        if depth <= 0 or self._left <= 0:
            return
        if isinstance(value, Klass):
            yield value
        elif isinstance(value, Made):
            yield from self._of_made(value, depth)
        elif isinstance(value, External):
            yield from self.records.related(of_current_user(value))
        else:
            if isinstance(value, Member) and isinstance(value.owner, Made | Parameter | Member):
                yield from self.records.related(value.name)
                yield from self._named_models(value, depth)
                yield from self.given.of_form(value)
                yield from self._of_view(value, depth) if value.name == "object" else ()
            if isinstance(value, Parameter) and value.annotation is None:
                yield from self.given.of_parameter(value)
            for part in _about(value):
                for option in options(part):
                    yield from self._of_value(option, depth - 1)

    def _named_models(self, value: Member, depth: int) -> Iterator[Klass]:
        """The models that an object has under a name, also by a property: ``owner.payment_model``."""
        for owner in options(value.owner):
            for klass in self._of_value(owner, depth - 1):
                instance = Made(klass, SELF, klass.scope, klass.environment)
                for option in options(self.evaluator.attribute(instance, value.name)):
                    if isinstance(option, Klass) and self.records.of_class(option) is not None:
                        yield option

    def _of_made(self, made: Made, depth: int) -> Iterator[Klass]:
        asked = self._managed(made.call, made.scope, made.environment) if made.call is not SELF else None
        if asked is not None:  # its manager may be that of a base, which tells nothing of the heir
            yield asked
            return
        found = [*self.managers.models(made), *self.swapped(made), *self._of_callee(made, depth)]
        found += self._serializers.of_made(made)
        yield from found
        for word in made.call.keywords:
            if word.arg in {"default_factory", "factory"}:  # a field of a dataclass or of attrs
                for option in options(self.evaluator.evaluate(word.value, made.scope, made.environment)):
                    yield from self._of_value(option, depth - 1)
        if not found or isinstance(made.callee, Member):
            for argument in made.call.args[:2]:
                if not isinstance(argument, ast.Starred | ast.Constant):
                    value = self.evaluator.evaluate(argument, made.scope, made.environment)
                    for option in options(value):
                        if isinstance(option, Klass | Made | Member | Items):
                            yield from self._of_value(option, depth - 1)

    def named_relation(self, made: Value) -> list[Klass]:
        """``OneToOneField("bank.Payment")``: the model that a relation spells."""
        is_relation = (
            isinstance(made, Made)
            and isinstance(made.callee, External)
            and made.callee.name.endswith(_RELATIONS)
        )
        if not is_relation or not isinstance(made, Made):
            return []
        given = [*made.call.args[:1], *(word.value for word in made.call.keywords if word.arg == "to")]
        names = [each.value for each in given if isinstance(each, ast.Constant)]
        return [klass for name in names for klass in self.records.named_classes(str(name))]

    def swapped(self, made: Made) -> list[Klass]:
        """``apps.get_model("bank", "Payment")``, ``swapper.load_model(…)``: the model of that name; where a setting has the
        name, the model that the setting or the function around is called after: ``get_payment_model()``.
        """
        if terminal(made.call.func) not in _LOADS_MODEL:
            return []
        argument = made.call.args[-1] if made.call.args else None
        value = self.evaluator.evaluate(argument, made.scope, made.environment) if argument else Unknown()
        names = [str(option.value) for option in options(value) if isinstance(option, Const)]
        found = [klass for name in names for klass in self.records.named_classes(name)]
        if found:
            return found
        node = made.scope.node
        around = node.name if isinstance(node, ast.FunctionDef) else ""
        for name in (around, terminal(argument) if argument is not None else ""):
            parts = [part for part in words(name) if part not in _AROUND_MODEL]
            if parts and "model" in words(name):
                found = found or self.records.ending_with(parts[-1])
        return found

    def _of_callee(self, made: Made, depth: int) -> Iterator[Klass]:
        callee = made.callee
        if isinstance(callee, Unknown):
            for choice in self.chosen(made.call.func, made.scope, made.environment):
                yield from self._of_value(choice, depth - 1)
        if isinstance(callee, Bound):
            callee = callee.function
        while isinstance(callee, Applied):
            callee = callee.target
        if isinstance(callee, Func):
            yield from self._returned(callee, depth)
        else:
            for option in options(callee):
                if isinstance(option, Member) and option.name in _VIEWQUERIES:
                    yield from self._of_view(option, depth)
                methods = list(self._methods(option, depth)) if isinstance(option, Member) else []
                for method in methods:
                    result = self._result(method, made)
                    again = isinstance(result, Made) and result.call is made.call
                    yield from (
                        self._returned(method.function, depth) if again else self._of_value(result, depth - 1)
                    )
                if not methods:
                    yield from self._of_value(option, depth - 1)

    def _result(self, method: Bound, made: Made) -> Value:
        """What a call of a method gives; the same is asked on many ways."""
        owner = method.owner.callee if isinstance(method.owner, Made) else method.owner
        owner_key = owner.node if isinstance(owner, Klass) else id(owner)
        key = (method.function.node, owner_key, made.call, id(made.environment))
        kept = self._results.get(key)
        if kept is None:
            if len(self._results) >= _RESULTS:  # each keeps all that its call was given
                self._results.clear()
            result = self.evaluator.call(method, made.call, made.scope, made.environment)
            kept = self._results[key] = (made.environment, result)
        return kept[1]

    def _methods(self, member: Member, depth: int) -> Iterator[Bound]:
        """The methods that the project gives what a member is asked of."""
        for owner in options(member.owner):
            for klass in self._of_value(owner, depth - 1) if isinstance(owner, Parameter | Made) else ():
                instance = Made(klass, SELF, klass.scope, klass.environment)
                for option in options(self.evaluator.attribute(instance, member.name)):
                    if isinstance(option, Bound):
                        yield option

    def _of_view(self, member: Member, depth: int) -> Iterator[Klass]:
        """The model of a view's ``get_object()``, by its ``queryset``, ``model`` or serializer."""
        view = member.owner.callee if isinstance(member.owner, Made) else member.owner
        if not isinstance(view, Klass):
            return
        for base in self.evaluator.mro(view):
            if isinstance(base, Klass):
                named = (each for name in ("queryset", "model") for each in base.body.bindings.get(name, ()))
                for node in [each.node for each in named if isinstance(each.node, ast.expr)]:
                    yield from self._again(node, base.body, base.environment, depth)
        for name in ("serializer_class", "form_class"):
            for option in options(self.evaluator.class_attribute(view, name) or Unknown()):
                meta = self.evaluator.class_attribute(option, "Meta") if isinstance(option, Klass) else None
                if isinstance(meta, Klass):
                    yield from self._model_of(meta)

    def _model_of(self, meta: Klass) -> Iterator[Klass]:
        models = options(self.evaluator.class_attribute(meta, "model") or Unknown())
        yield from [option for option in models if isinstance(option, Klass)]

    def _returned(self, function: Func, depth: int) -> Iterator[Klass]:
        """What the annotation of a function says it returns, else what its first returns are."""
        if function.environment:
            yield from self._of_returns(function, depth)
            return
        if function.node not in self._returns:
            self._returns[function.node] = ()  # a function may lead to itself
            self._returns[function.node] = tuple(dict.fromkeys(self._of_returns(function, depth)))
        yield from self._returns[function.node]

    def _of_returns(self, function: Func, depth: int) -> Iterator[Klass]:
        node = function.node.returns
        found = False
        for part in annotated(node) if node is not None else ():
            for option in options(self.evaluator.evaluate(part, function.scope, function.environment)):
                if isinstance(option, Klass):
                    found = True
                    yield option
        if found:
            return
        for returned in function.body.returns[:4]:
            value = self.evaluator.evaluate(returned, function.body, function.environment)
            yield from self._classes(value, returned, function.body, function.environment, depth - 1)


def _lookup(node: ast.expr) -> tuple[ast.expr, ast.expr | None] | None:
    """The table and the key of a lookup; ``None`` for another expression."""
    if isinstance(node, ast.Subscript):
        return node.value, node.slice
    if (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in {"get", "pop"}
    ):
        return node.func.value, next(iter(node.args), None)
    return None


def of_current_user(value: Value) -> str:
    """What is read of the user of an extension for sign-in, who is a row of the project: ``current_user.wallet``."""
    _, found, name = value.name.rpartition(".current_user.") if isinstance(value, External) else ("", "", "")
    return name.partition(".")[0] if found else ""


def _owner(name: str, scope: Scope) -> Scope | None:
    """The scope that binds a name, from the inside out."""
    owner: Scope | None = scope
    while owner is not None and name not in owner.bindings:
        owner = owner.parent
    return owner


def _about(value: Value) -> tuple[Value, ...]:
    """What says of which class a value is: the annotation, the items, what a query is asked of."""
    if isinstance(value, Parameter) and value.annotation is not None:
        return (value.annotation,)
    if isinstance(value, Items):
        return value.items[:_LOOKED_AT]
    return (value.owner,) if isinstance(value, Member) and value.name in QUERIES else ()


def annotated(node: ast.expr) -> Iterator[ast.expr]:
    """An annotation without what stands around it: ``Optional``, ``list``, ``|``, quotes."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        try:
            yield from annotated(ast.parse(node.value, mode="eval").body)
        except (SyntaxError, ValueError):
            return
    elif isinstance(node, ast.BinOp):
        yield from annotated(node.left)
        yield from annotated(node.right)
    elif isinstance(node, ast.Subscript):
        inner = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        yield node.value
        for part in inner:
            yield from annotated(part)
    else:
        yield node

"""What a call may run: functions of the project, through instances, bases, injected parameters, callbacks and tasks."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from copy import copy
from dataclasses import replace
from functools import cached_property

from idem_lint.engine import constants
from idem_lint.engine.evaluator import Evaluator
from idem_lint.engine.module_facts import Module, Scope, terminal
from idem_lint.engine.scope_lookup import SELF
from idem_lint.engine.value_types import (
    Applied,
    Bound,
    Const,
    Environment,
    External,
    Func,
    Klass,
    Lambda,
    Made,
    Member,
    Parameter,
    Unknown,
    Value,
    options,
    told_apart,
)
from idem_lint.reach.asked_by_name import AskedByName
from idem_lint.reach.dispatched_commands import DispatchedCommands
from idem_lint.reach.dotted_tables import DottedTables
from idem_lint.reach.handed_on import HandedOn
from idem_lint.reach.methods import Methods
from idem_lint.reach.movement_ends import ends_movement
from idem_lint.reach.origins import origin
from idem_lint.reach.put_on import PutOn
from idem_lint.reach.receivers import Receivers
from idem_lint.reach.registries import Registries
from idem_lint.reach.rows import Rows, of_current_user
from idem_lint.reach.stubs import is_stub
from idem_lint.reach.targets import Target, arguments, default_of, keeps_nothing, known
from idem_lint.reach.weighed import asks_to_spend

_HANDS_ON = frozenset(
    [
        "aget_object_or_404",
        "cast",
        "choice",
        "copy",
        "deepcopy",
        "first",
        "get_model",
        "get_model_class",
        "get_object_or_404",
        "get_or_404",
        "import_module",
        "import_string",
        "last",
        "load_model",
        "load_object",
        "locate",
        "next",
        "one",
        "only",
        "type",
    ]
)
"""Functions of packages that give what the project has, or what a setting names."""
_LOADS = frozenset(
    {"import_class", "import_from_string", "import_string", "load_class", "load_object", "locate"}
)
"""Functions that give what a text names."""
_INJECTS = frozenset({"Depends", "Security", "Provide", "Inject", "FromDishka"})


class _Owner:
    """What the owner of a call's method may be an instance of, by how it is written: looked for once for all its values."""

    def __init__(self, callees: Callees, func: ast.expr, scope: Scope, env: Environment) -> None:
        self._callees = callees
        self._node = func.value if isinstance(func, ast.Attribute) else func
        self._scope = scope
        self._env = env

    @cached_property
    def by_rows(self) -> list[Klass]:
        """The models of its rows, and what it is taken from by a key."""
        return self._callees.kept(self._node, self._scope, self._env)

    @cached_property
    def by_all(self) -> list[Klass]:
        """The classes by all that the project says of it."""
        return self._callees.receivers.classes(self._node, self._scope, self._env)


class Callees:
    """Answers what calls may run."""

    def __init__(self, evaluator: Evaluator, rows: Rows, modules: Callable[[], list[Module]]) -> None:
        self.evaluator = evaluator
        self.rows = rows
        self.modules = modules
        self.receivers = Receivers(evaluator, rows, modules)
        self.registries = Registries(evaluator, modules)
        self.methods = Methods(evaluator, rows, self.receivers, modules)
        self._dotted = DottedTables(evaluator)
        self._put_on = PutOn(evaluator, self.receivers, modules)
        self._handed_on = HandedOn(evaluator, modules)
        self._asked_by_name = AskedByName(evaluator, self.receivers)
        self._commands = DispatchedCommands(evaluator, rows, modules)
        self.keeps: Callable[[Value], bool] = keeps_nothing

    def keeping(self, keeps: Callable[[Value], bool]) -> Callees:
        """The same, for a question in which the arguments that ``keeps`` says matter, whatever they tell otherwise."""
        keeping = copy(self)
        keeping.keeps = keeps
        return keeping

    def of(self, node: ast.Call, scope: Scope, env: Environment) -> tuple[list[Target], bool]:
        """What a call may run, and what it is given to run; and whether nobody can say what it runs: nothing of the
        project's, nor of a package's.
        """
        name = terminal(node.func)
        callees = self._commands.of(node, scope, env) or list(self._callees(node, scope, env))
        found: list[Target] = []
        for callee in callees:
            deferred = self._handed_on.deferred(callee, name)
            target = deferred if deferred is not None else self.target(callee, Made(callee, node, scope, env))
            if target is not None:
                found.append(target)
        found = found or list(self._handed_on.given(node, name, scope, env))
        found = found or list(self._guessed(node, callees, scope, env))
        return found, not found and any(isinstance(callee, Unknown | Parameter) for callee in callees)

    def _guessed(
        self, node: ast.Call, callees: list[Value], scope: Scope, env: Environment
    ) -> Iterator[Target]:
        """The methods that a call asks for by its names alone, where nothing is known of their owner."""
        is_open = any(map(_is_open, callees))
        values: list[Value] = []
        if not any(origin(callee) and not _is_open(callee) for callee in callees):
            values = self.registries.chosen(node.func, scope) or self._dotted.chosen(node.func, scope, env)
        for owner, name in self._asked_by_name.of(node.func, scope, env) if is_open else ():
            is_given = not isinstance(node.func, ast.Attribute)
            classes = self.receivers.classes(owner, scope, env) if is_given else []
            classes = classes or self.receivers.by_name(owner, name, is_given=is_given)
            classes = classes or self.registries.classes(owner, scope)
            classes = classes or self._loaded(owner, name, scope, env)
            values += [method for klass in classes for method in self.methods.of_class(klass, name)]
        targets = [self.target(each, Made(each, node, scope, env)) for each in values]
        yield from (replace(target, is_guess=True) for target in targets if target is not None)

    def _loaded(self, owner: ast.expr, name: str, scope: Scope, env: Environment) -> list[Klass]:
        """What ``import_string`` loads by a setting or a row: all that implement the only interface with such a method."""
        for option in options(self.evaluator.evaluate(owner, scope, env)):
            while isinstance(option, Made):
                if terminal(option.call.func) in _LOADS:
                    return self.receivers.implementing(name)
                option = option.callee
        return []

    def target(self, callee: Value, made: Made) -> Target | None:
        """A callee as what runs, with what is known of its arguments."""
        method = self.evaluator.callable_instance(callee)
        callee = method if method is not None else callee
        while isinstance(callee, Applied):
            callee = callee.target
        if isinstance(callee, Klass):
            made_by = self._constructor(callee)
            if made_by is None:
                return None
            callee = Bound(made_by, Made(callee, made.call, made.scope, made.environment))
        if isinstance(callee, Bound):
            given = arguments(self.evaluator, callee.function, made, bound=True)
            env = known(callee.function, given, self.keeps)
            first = [*callee.function.node.args.posonlyargs, *callee.function.node.args.args][:1]
            for argument in first:
                env.pop((id(callee.function.node), argument.arg), None)
                if not self._is_any(callee.owner, callee.function):
                    env[id(callee.function.node), argument.arg] = callee.owner
            return Target(callee.function, env)
        if isinstance(callee, Func | Lambda):
            is_bare = isinstance(callee, Func) and callee.scope.is_class
            env = arguments(self.evaluator, callee, made, bound=False)
            return Target(callee, callee.environment if is_bare else known(callee, env, self.keeps))
        return None

    def method(self, klass: Klass, name: str, owner: Value | None = None) -> Target | None:
        """A method of a class as an instance of this class has it; ``None`` where the project has none."""
        for option in options(self.evaluator.class_attribute(klass, name) or Unknown()):
            while isinstance(option, Applied):
                option = option.target
            if isinstance(option, Func):
                instance = owner if owner is not None else Made(klass, SELF, klass.scope, klass.environment)
                first = [*option.node.args.posonlyargs, *option.node.args.args][:1]
                env = {**option.environment, **{(id(option.node), each.arg): instance for each in first}}
                return Target(option, env)
        return None

    def _callees(self, node: ast.Call, scope: Scope, env: Environment) -> Iterator[Value]:
        above = self.methods.through_super(node, scope, env)
        if above is not None:
            yield above
            return
        if (
            isinstance(node.func, ast.Call)
            and terminal(node.func.func) == "getattr"
            and len(node.func.args) > 1
        ):
            yield from self._by_name(node.func, scope, env)
            return
        if isinstance(node.func, ast.Call) and terminal(node.func.func) == "get" and len(node.func.args) > 1:
            yield from self.rows.chosen(node.func, scope, env)  # beside what stands in for all others
        owner = _Owner(self, node.func, scope, env)
        for option in told_apart(self.evaluator.evaluate(node.func, scope, env)):
            is_open = isinstance(option, Unknown | Member) or bool(of_current_user(option))
            if is_open and isinstance(node.func, ast.Attribute):
                methods = list(self._methods(node.func, option, owner))
                methods = methods or list(self._put_elsewhere(node.func, option))
                yield from methods or [option]
            elif isinstance(option, Unknown) or (
                isinstance(option, Made) and isinstance(option.callee, Func)
            ):
                yield from list(self.rows.chosen(node.func, scope, env)) or [option]
            elif isinstance(option, Bound) and is_stub(option.function.node):
                yield from self.methods.overriding(option)
            elif isinstance(option, Bound) and self.rows.managers.is_manager(option.owner):
                yield self._asked_of_heir(option, node, scope, env)
            else:
                yield option

    def _asked_of_heir(self, method: Bound, node: ast.Call, scope: Scope, env: Environment) -> Bound:
        """``Payment.objects.book(…)`` about the rows of this model, where ``objects`` stands in a base of it."""
        model = self.rows.managed(node, scope, env)
        manager = method.owner.callee if isinstance(method.owner, Made) else None
        if model is None or not isinstance(manager, Klass):
            return method
        return replace(method, owner=self.rows.managers.of_heir(manager, model))

    def _methods(self, func: ast.Attribute, callee: Value, said: _Owner) -> Iterator[Value]:
        """The methods of what an annotation, a query or an injected default says the owner is."""
        owners = options(callee.owner) if isinstance(callee, Member) else [Unknown()]
        for owner in owners:
            if isinstance(owner, Func | Applied | Bound | Lambda | External):
                continue
            classes = (
                list(self.rows.of_value(owner)) or list(self._injected(owner)) or list(self._field(owner))
            )
            if not classes and isinstance(owner, Unknown):
                classes = said.by_rows
            if not classes and (not origin(owner) or _is_open(owner)):
                classes = self.receivers.of_value(owner) or said.by_all
            methods = [method for klass in classes for method in self.methods.of_class(klass, func.attr)]
            if not methods and (ends_movement(func.attr) or asks_to_spend(func.attr)):
                related = self._related(owner)
                methods = [method for klass in related for method in self.methods.of_class(klass, func.attr)]
            yield from methods

    def _related(self, owner: Value) -> list[Klass]:
        """The models of relations that are only spelled, also of a chain of them: ``self.payment.wallet``. They are followed
        where a method asks for money to move.
        """
        if not isinstance(owner, Member):
            return self.rows.named_relation(owner)
        fields = [
            option
            for klass in self._related(owner.owner)
            for option in options(self.evaluator.class_attribute(klass, owner.name) or Unknown())
        ]
        return [klass for field in fields for klass in self.rows.named_relation(field)]

    def _put_elsewhere(self, func: ast.Attribute, callee: Value) -> Iterator[Value]:
        """The methods of what the project has put on an object of a framework: ``request.app.state.gateway.charge``."""
        owner = callee.owner if isinstance(callee, Member) else Unknown()
        for klass in self._put_on.classes(owner, func.value, func.attr):
            yield from self.methods.of_class(klass, func.attr)

    def _by_name(self, node: ast.Call, scope: Scope, env: Environment) -> Iterator[Value]:
        """``getattr(bill, action)(…)`` with a name that is known."""
        for option in options(self.evaluator.evaluate(node.args[1], scope, env)):
            if isinstance(option, Const) and isinstance(option.value, str):
                func = ast.copy_location(ast.Attribute(node.args[0], option.value, ast.Load()), node)
                yield from self._callees(ast.copy_location(ast.Call(func, [], []), node), scope, env)
            else:
                yield Unknown()

    def kept(self, node: ast.expr, scope: Scope, env: Environment) -> list[Klass]:
        """The models of an expression's rows, and the classes of what it takes from a table or an application by a key."""
        return [
            *self.rows.classes(node, scope, env),
            *self._kept_under(node, scope, env),
            *self._entries(node, scope, env),
        ]

    def _kept_under(self, node: ast.expr, scope: Scope, env: Environment) -> Iterator[Klass]:
        """``request.app[LEDGER]`` with ``LEDGER = web.AppKey("ledger", Ledger)``: what aiohttp's key says it is."""
        if not isinstance(node, ast.Subscript):
            return
        for key in options(self.evaluator.evaluate(node.slice, scope, env)):
            if isinstance(key, Made) and isinstance(key.callee, External) and key.callee.name.endswith("Key"):
                for argument in key.call.args[1:2]:
                    for option in options(self.evaluator.evaluate(argument, key.scope, key.environment)):
                        if isinstance(option, Klass):
                            yield option

    def _entries(self, node: ast.expr, scope: Scope, env: Environment) -> Iterator[Klass]:
        """The classes of the instances that a table has for a key that nobody knows: ``SERVICES[kind].execute(…)``."""
        made = [option.callee for option in self.rows.chosen(node, scope, env) if isinstance(option, Made)]
        yield from (callee for callee in made if isinstance(callee, Klass))

    def _injected(self, owner: Value) -> Iterator[Klass]:
        """The class that ``service=Depends(get_service)`` gives a parameter without an annotation."""
        if not isinstance(owner, Parameter):
            return
        default = default_of(owner)
        if isinstance(default, ast.Call) and terminal(default.func) in _INJECTS and default.args:
            outer = owner.scope.parent or owner.scope
            given = self.evaluator.evaluate(default.args[0], outer)
            yield from self.rows.of_value(Made(given, default, outer))

    def _field(self, owner: Value) -> Iterator[Klass]:
        """The class that an annotation in a class body gives an attribute of its instances."""
        if not isinstance(owner, Member) or not isinstance(owner.owner, Made | Parameter):
            return
        for klass in self.rows.of_value(owner.owner):
            for base in self.evaluator.mro(klass):
                if isinstance(base, Klass):
                    yield from self._annotated(base, owner.name)

    def _annotated(self, klass: Klass, name: str) -> Iterator[Klass]:
        for part in klass.node.body:
            if (
                isinstance(part, ast.AnnAssign)
                and isinstance(part.target, ast.Name)
                and part.target.id == name
            ):
                for option in options(self.evaluator.evaluate(part.annotation, klass.scope)):
                    yield from self.rows.of_value(option)

    def _is_any(self, owner: Value, method: Func) -> bool:
        """Whether an owner is no more than any instance of the class that defines the method."""
        if not (isinstance(owner, Made) and isinstance(owner.callee, Klass)):
            return False
        if owner.callee.node is not method.scope.node or self.rows.managers.is_manager(owner):
            return False
        if owner.call is not SELF and self.receivers.below(owner.callee):
            return False  # what its heirs say otherwise is not so of it
        made_by = self._constructor(owner.callee)
        has_defaults = made_by is not None and bool(
            made_by.node.args.defaults or made_by.node.args.kw_defaults
        )
        return owner.call is SELF or not (owner.call.args or owner.call.keywords or has_defaults)

    def _constructor(self, klass: Klass) -> Func | None:
        for name in ("__init__", "__post_init__"):
            value = self.evaluator.class_attribute(klass, name)
            if isinstance(value, Func):
                return value
        return None


def _is_open(callee: Value) -> bool:
    """Whether nothing is known of a value: neither the project's nor a package's, or a package's that hands on what it was
    given: ``get_object_or_404(…)``, ``first(…)``, ``import_string(…)``.
    """
    while isinstance(callee, Made | Member):
        if isinstance(callee, Made) and terminal(callee.call.func) in _HANDS_ON:
            return True
        if isinstance(callee, Member) and (
            callee.computed is not None or constants.UNKNOWN_PART in callee.name
        ):
            return True  # ``getattr(self, f"on_{event}")``
        callee = callee.callee if isinstance(callee, Made) else callee.owner
    return isinstance(callee, Unknown | Parameter | Const)

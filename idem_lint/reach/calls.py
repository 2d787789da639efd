"""What a call may run: functions of the project, through instances, bases, injected parameters, callbacks and tasks."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from copy import copy
from dataclasses import dataclass, field, replace
from typing import cast

from idem_lint.engine.evaluator import Evaluator
from idem_lint.engine.module_facts import FunctionNode, Module, Scope, terminal
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
    Lambda,
    Made,
    Member,
    Parameter,
    Table,
    Unknown,
    Value,
    innermost,
    options,
)
from idem_lint.reach.origins import origin
from idem_lint.reach.receivers import Receivers
from idem_lint.reach.rows import Rows

_DEFERS = frozenset(
    {
        "add_task",
        "apply_async",
        "async_apply",
        "defer",
        "defer_async",
        "delay",
        "delay_on_commit",
        "enqueue",
        "enqueue_call",
        "kiq",
        "send",
        "schedule",
        "s",
        "si",
        "submit",
        "create_task",
        "ensure_future",
        "start_soon",
        "spawn",
        "run_in_executor",
        "Thread",
        "Process",
    }
)
"""Names by which work is handed to somebody who runs it later, or elsewhere."""
_BY_NAME = frozenset({"send_task", "async_task", "enqueue", "delay"})
_RUNS_LATER = _DEFERS - {"run_in_executor", "create_task", "ensure_future"}
_PROTOCOL = frozenset({"typing.Protocol", "typing_extensions.Protocol"})
_IMPLEMENTATIONS = 8
_BOOL = External("builtins.bool")
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
_ASKED = frozenset(
    {"request", "kwargs", "args", "data", "body", "params", "headers", "GET", "POST", "cleaned_data", "json"}
)
"""What a request is called, and what it holds: of it the source never says more."""
_INJECTS = frozenset({"Depends", "Security", "Provide", "Inject", "FromDishka"})


@dataclass(frozen=True, slots=True, eq=False)
class Target:
    """A function that a call may run. ``environment`` holds what is known of its arguments; ``is_guess``: only names say
    so.
    """

    function: Func | Lambda
    environment: Environment = field(default_factory=dict["tuple[int, str]", "Value"])
    is_deferred: bool = False
    is_guess: bool = False


class Callees:
    """Answers what calls may run."""

    def __init__(self, evaluator: Evaluator, rows: Rows, modules: Callable[[], list[Module]]) -> None:
        self.evaluator = evaluator
        self.rows = rows
        self.modules = modules
        self.receivers = Receivers(evaluator, rows, modules)
        self.keeps: Callable[[Value], bool] = _keeps_nothing

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
        callees = list(self._callees(node, scope, env))
        found: list[Target] = []
        for callee in callees:
            deferred = self._deferred(callee, name)
            target = deferred if deferred is not None else self.target(callee, Made(callee, node, scope, env))
            if target is not None:
                found.append(target)
        found = found or list(self._given(node, name, scope, env))
        found = found or list(self._guessed(node, callees, scope, env))
        return found, not found and any(isinstance(callee, Unknown | Parameter) for callee in callees)

    def _guessed(
        self, node: ast.Call, callees: list[Value], scope: Scope, env: Environment
    ) -> Iterator[Target]:
        """The methods that a call asks for by its names alone, where nothing is known of their owner."""
        if not any(map(_is_open, callees)):
            return
        for owner, name in self._asked_by_name(node.func, scope, env):
            is_given = not isinstance(node.func, ast.Attribute)
            classes = self.receivers.by_name(owner, name, is_given=is_given)
            methods = (self._method_of(klass, name) for klass in classes)
            targets = [self.target(each, Made(each, node, scope, env)) for found in methods for each in found]
            yield from (replace(target, is_guess=True) for target in targets if target is not None)

    def _asked_by_name(
        self, func: ast.expr, scope: Scope, env: Environment
    ) -> Iterator[tuple[ast.expr, str]]:
        """The owner and the name of a method that is called; also of ``getattr(payment, name)``, also in a variable."""
        if isinstance(func, ast.Attribute):
            yield func.value, func.attr
        nodes: list[ast.AST | None] = [func]
        if isinstance(func, ast.Name):
            nodes = [binding.node for binding in scope.bindings.get(func.id, ())]
        for node in nodes:
            if isinstance(node, ast.Call) and terminal(node.func) == "getattr" and len(node.args) > 1:
                for option in options(self.evaluator.evaluate(node.args[1], scope, env)):
                    if isinstance(option, Const) and isinstance(option.value, str):
                        yield node.args[0], option.value

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
            env = known(
                callee.function, self.evaluator.arguments(callee.function, made, bound=True), self.keeps
            )
            first = [*callee.function.node.args.posonlyargs, *callee.function.node.args.args][:1]
            for argument in first:
                env.pop((id(callee.function.node), argument.arg), None)
                if not self._is_any(callee.owner, callee.function):
                    env[id(callee.function.node), argument.arg] = callee.owner
            return Target(callee.function, env)
        if isinstance(callee, Func | Lambda):
            is_bare = isinstance(callee, Func) and callee.scope.is_class
            env = self.evaluator.arguments(callee, made, bound=False)
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

    # callees

    def _callees(self, node: ast.Call, scope: Scope, env: Environment) -> Iterator[Value]:
        above = self._through_super(node, scope, env)
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
        for option in options(self.evaluator.evaluate(node.func, scope, env)):
            if isinstance(option, Unknown | Member) and isinstance(node.func, ast.Attribute):
                methods = list(self._methods(node.func, option, scope, env))
                yield from methods or [option]
            elif isinstance(option, Unknown):
                yield from list(self.rows.chosen(node.func, scope, env)) or [option]
            elif isinstance(option, Bound) and _is_stub(option.function.node):
                yield from self._overriding(option)
            else:
                yield option

    def _overriding(self, method: Bound) -> Iterator[Value]:
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
                if isinstance(option, Bound) and not _is_stub(option.function.node):
                    found.setdefault(option.function.node, option)
        return list(found.values())[:_IMPLEMENTATIONS]

    def _methods(self, func: ast.Attribute, callee: Value, scope: Scope, env: Environment) -> Iterator[Value]:
        """The methods of what an annotation, a query or an injected default says the owner is."""
        owners = options(callee.owner) if isinstance(callee, Member) else [Unknown()]
        for owner in owners:
            if isinstance(owner, Func | Applied | Bound | Lambda | External):
                continue
            classes = (
                list(self.rows.of_value(owner)) or list(self._injected(owner)) or list(self._field(owner))
            )
            if not classes and isinstance(owner, Unknown):
                classes = [
                    *self.rows.classes(func.value, scope, env),
                    *self._kept_under(func.value, scope, env),
                ]
            if not classes and (not origin(owner) or _is_open(owner)):
                classes = self.receivers.of_value(owner) or self.receivers.classes(func.value, scope, env)
            for klass in classes:
                yield from self._method_of(klass, func.attr)

    def _by_name(self, node: ast.Call, scope: Scope, env: Environment) -> Iterator[Value]:
        """``getattr(bill, action)(…)`` with a name that is known."""
        for option in options(self.evaluator.evaluate(node.args[1], scope, env)):
            if isinstance(option, Const) and isinstance(option.value, str):
                func = ast.copy_location(ast.Attribute(node.args[0], option.value, ast.Load()), node)
                yield from self._callees(ast.copy_location(ast.Call(func, [], []), node), scope, env)
            else:
                yield Unknown()

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

    def _method_of(self, klass: Klass, name: str) -> Iterator[Value]:
        for each in self.implementations(klass):
            value = self.evaluator.attribute(Made(each, SELF, each.scope, each.environment), name)
            own = [option for option in options(value) if isinstance(option, Bound | Func | Applied)]
            yield from own or self.rows.managers.methods_of(each, name)
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
        return found[:_IMPLEMENTATIONS] or [klass]

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

    def _through_super(self, node: ast.Call, scope: Scope, env: Environment) -> Value | None:
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

    def _is_any(self, owner: Value, method: Func) -> bool:
        """Whether an owner is no more than any instance of the class that defines the method."""
        if not (isinstance(owner, Made) and isinstance(owner.callee, Klass)):
            return False
        if owner.callee.node is not method.scope.node:
            return False
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

    # what is handed on

    def _deferred(self, callee: Value, name: str) -> Target | None:
        """``task.delay(…)``: the task's own function."""
        if not (isinstance(callee, Member) and name in _DEFERS):
            return None
        function = _function(callee.owner)
        return Target(function, function.environment, is_deferred=True) if function is not None else None

    def _given(self, node: ast.Call, name: str, scope: Scope, env: Environment) -> Iterator[Target]:
        """The functions of the project that a package's function is given: it may run them."""
        arguments = [*node.args, *(word.value for word in node.keywords)]
        if name in _BY_NAME:
            yield from self._named(node, scope, env)
        for argument in arguments:
            if isinstance(argument, ast.Starred | ast.Constant | ast.JoinedStr):
                continue
            if not isinstance(argument, ast.Name | ast.Attribute | ast.Lambda | ast.Call):
                continue
            for option in options(self.evaluator.evaluate(argument, scope, env)):
                if isinstance(option, Func | Lambda | Bound | Applied):
                    target = self._as_given(option)
                    if target is not None:
                        yield Target(target.function, target.environment, is_deferred=name in _RUNS_LATER)

    def _named(self, node: ast.Call, scope: Scope, env: Environment) -> Iterator[Target]:
        """``celery.send_task("worker.settle_batch")``: the task of that name."""
        for argument in node.args[:1]:
            name = self.evaluator.evaluate(argument, scope, env)
            if isinstance(name, Const) and isinstance(name.value, str) and "." in name.value:
                for option in options(self.evaluator.imported(name.value, scope.module)):
                    function = _function(option)
                    if function is not None:
                        yield Target(function, function.environment, is_deferred=True)

    def _as_given(self, value: Value) -> Target | None:
        if (
            isinstance(value, Bound)
            and isinstance(value.owner, Made)
            and isinstance(value.owner.callee, Klass)
        ):
            first = [*value.function.node.args.posonlyargs, *value.function.node.args.args][:1]
            return Target(
                value.function, {(id(value.function.node), each.arg): value.owner for each in first}
            )
        function = _function(value)
        return Target(function, function.environment) if function is not None else None


def _function(value: Value) -> Func | Lambda | None:
    while isinstance(value, Applied):
        value = value.target
    if isinstance(value, Bound):
        value = value.function
    return value if isinstance(value, Func | Lambda) else None


def _is_stub(node: FunctionNode) -> bool:
    """Whether a method does nothing itself: it raises ``NotImplementedError``, or has only a docstring or ``pass``."""
    for part in node.body:
        if isinstance(part, ast.Raise):
            raised = part.exc.func if isinstance(part.exc, ast.Call) else part.exc
            return raised is not None and terminal(raised) == "NotImplementedError"
        is_empty = isinstance(part, ast.Pass) or (
            isinstance(part, ast.Expr) and isinstance(part.value, ast.Constant)
        )
        if not is_empty:
            return False
    return True


def _is_open(callee: Value) -> bool:
    """Whether nothing is known of a value: neither the project's nor a package's, or a package's that hands on what it was
    given: ``get_object_or_404(…)``, ``first(…)``, ``import_string(…)``.
    """
    while isinstance(callee, Made | Member):
        if isinstance(callee, Made) and terminal(callee.call.func) in _HANDS_ON:
            return True
        callee = callee.callee if isinstance(callee, Made) else callee.owner
    return isinstance(callee, Unknown | Parameter | Const)


def default_of(parameter: Parameter) -> ast.expr | None:
    """The default of a parameter as it is written; ``None`` where it has none."""
    spec = cast("FunctionNode | ast.Lambda", parameter.scope.node).args  # nothing else has parameters
    positional = [*spec.posonlyargs, *spec.args]
    defaults: list[tuple[ast.arg, ast.expr | None]] = [
        *zip(reversed(positional), reversed(spec.defaults), strict=False),
        *zip(spec.kwonlyargs, spec.kw_defaults, strict=True),
    ]
    return next((default for argument, default in defaults if argument.arg == parameter.name), None)


def _keeps_nothing(_: Value) -> bool:
    return False


def known(
    function: Func | Lambda, env: Environment, keeps: Callable[[Value], bool] = _keeps_nothing
) -> Environment:
    """What of an environment tells one call from another: constants that decide, functions, classes and instances.

    The fewer there are, the more calls of a function are the same, and what is the same is looked at once: an argument
    that is no more than its parameter's annotation says is left out.
    """
    annotated = {
        (id(function.node), argument.arg)
        for argument in (
            *function.node.args.posonlyargs,
            *function.node.args.args,
            *function.node.args.kwonlyargs,
        )
        if argument.annotation is not None
    }
    return {
        key: value
        for key, value in env.items()
        if _tells(value, is_annotated=key in annotated) or keeps(value)
    }


def callables(env: Environment) -> Environment:
    """What of an environment may be called."""
    return {
        key: value for key, value in env.items() if isinstance(value, Func | Lambda | Bound | Applied | Klass)
    }


def _tells(value: Value, *, is_annotated: bool) -> bool:
    if isinstance(value, Const):
        return value.value is None or isinstance(value.value, bool | str)
    if isinstance(value, Parameter):
        return value.annotation is not None and not is_annotated
    if isinstance(value, Items | Table):  # none at all is known to be none
        return value.complete and not (value.items if isinstance(value, Items) else value.pairs)
    if isinstance(value, Made) and value.callee == _BOOL:  # ``execute=bool(key)`` decides
        return True
    if isinstance(value, Made | Member) and (is_annotated or not _is_of_project(value)):
        return isinstance(value, Made) and isinstance(value.callee, Klass)
    return isinstance(value, Func | Lambda | Klass | Bound | Applied | Made | Member)


def _is_of_project(value: Value) -> bool:
    """Whether a value begins with something that the project or a package says more about than that it was asked for."""
    while isinstance(value, Made | Member):
        if isinstance(value, Member) and value.name in _ASKED:
            return False
        value = value.callee if isinstance(value, Made) else value.owner
    return not isinstance(value, Unknown)


def key_of(env: Environment) -> frozenset[tuple[tuple[int, str], object]]:
    """An environment as a key: equal where a function does the same in both."""
    return frozenset((name, _key(value)) for name, value in env.items())


def _key(value: Value) -> object:
    if isinstance(value, Const):
        return type(value.value).__name__, value.value
    if isinstance(value, Made):
        return id(value.call), _key(value.callee)
    if isinstance(value, Member):
        return value.name, _key(value.owner)
    if isinstance(value, Bound):
        return id(value.function.node), _key(value.owner)
    if isinstance(value, External | Items | Table):
        return value
    if isinstance(value, Klass | Func | Lambda):
        return id(value.node)
    if isinstance(value, Parameter):
        return id(value.scope), value.name
    return id(innermost(value))

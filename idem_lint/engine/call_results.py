"""What calls give: the project's functions are followed, its decorators seen through."""

from __future__ import annotations

import ast
from functools import partial
from operator import is_

from idem_lint.engine import constants
from idem_lint.engine.closures import passed_on_by_method, passed_on_to
from idem_lint.engine.library_calls import LibraryCalls
from idem_lint.engine.module_facts import Scope, positional, terminal
from idem_lint.engine.named_loads import is_told, loaded
from idem_lint.engine.scope_lookup import CALLABLE
from idem_lint.engine.value_types import (
    TOO_DEEP,
    UNKNOWN,
    Applied,
    Bound,
    Const,
    Either,
    Environment,
    External,
    Func,
    Items,
    Klass,
    Known,
    Lambda,
    Made,
    Member,
    Parameter,
    Table,
    Unknown,
    Value,
    either,
    ends_in,
    options,
    told_apart,
)

# What comes to a constant or to nothing that is known.
_PLAIN = (ast.Constant, ast.JoinedStr, ast.Compare, ast.UnaryOp)
_NOT_DECORATORS = frozenset({"wraps", "Depends", "Security", "Provide", "update_wrapper"})

# Context managers that give what they were made of when they are entered.
_ENTERED_AS_GIVEN = frozenset(
    External(f"contextlib.{name}") for name in ("aclosing", "closing", "nullcontext")
)
# What an ``ExitStack`` does with a context manager: what ``with`` does.
_ENTERING = frozenset({"enter_context", "enter_async_context"})


class Calls(LibraryCalls):
    """Follows calls into the project's functions, and decorators into what they apply."""

    def _Call(self, node: ast.Call, scope: Scope, env: Environment) -> Value:
        callee = self.evaluate(node.func, scope, env)
        return either([self.call(option, node, scope, env) for option in told_apart(callee)])

    def call(self, callee: Value, node: ast.Call, scope: Scope, env: Environment) -> Value:
        """The result of a call: followed into the project's functions, else what it was made from."""
        known = self._not_of_the_project(callee, node, scope, env)
        if known is not None:
            return known
        callee, node = self.without_partial(callee, node, scope, env)
        if isinstance(callee, Klass):
            return self._holding(callee, Made(callee, node, scope, env)) or self._decorated_by_class(
                callee, node, scope, env
            )
        target = self._only_argument(callee, node, scope, env)
        if target is not None and not isinstance(callee, Parameter | Unknown):
            return self.apply(callee, target, node.func, scope)
        method = self.callable_instance(callee)
        callee = method if method is not None else callee
        given = loaded(node, scope.module, self.modules, self.attribute)
        if isinstance(callee, Func | Bound | Lambda):
            result = self.inline(callee, Made(callee, node, scope, env))
            if result == TOO_DEEP:
                return result
            if not isinstance(result, Unknown) and (given is None or is_told(result)):
                function = callee.function if isinstance(callee, Bound) else callee
                if isinstance(function, Lambda):
                    return result
                return self._passed(result, function, node, scope)
        return given if given is not None else Made(callee, node, scope, env)

    def _not_of_the_project(
        self, callee: Value, node: ast.Call, scope: Scope, env: Environment
    ) -> Value | None:
        """What a call of the standard library gives, or of a method of a literal; ``None`` where it is another's."""
        if isinstance(callee, External):
            return self._library(callee.name, node, scope, env)
        if isinstance(callee, Made) and isinstance(callee.callee, External):
            return self._made_by_operator(callee, callee.callee.name, node, scope, env)
        if not isinstance(callee, Member):
            return None
        if callee.name == "__subclasses__" and isinstance(callee.owner, Klass):
            heirs = self.heirs.get(callee.owner.node)
            return Items(tuple(heirs.values())) if heirs else None
        if callee.name in _ENTERING and node.args:
            return self.entered(self.evaluate(node.args[0], scope, env))
        if isinstance(callee.owner, Const | Items | Table):
            arguments = [self.evaluate(argument, scope, env) for argument in node.args]
            return constants.method(callee.owner, callee.name, arguments)
        return None

    def _decorated_by_class(self, klass: Klass, node: ast.Call, scope: Scope, env: Environment) -> Value:
        """What a class makes of one function: that function, seen through the class; else an instance."""
        target = self._only_argument(klass, node, scope, env)
        if target is None:
            return Made(klass, node, scope, env)
        return self.apply(klass, target, node.func, scope)

    def _holding(self, klass: Klass, made: Made) -> Value | None:
        """An instance that only passes its calls on to a function that it was given: that function, seen through its
        class and through what ``__init__`` puts on it.
        """
        call = self.class_attribute(klass, "__call__")
        name = passed_on_by_method(call) if isinstance(call, Func) else None
        target = self.attribute(made, name) if name is not None else None
        return Applied(klass, target, made.call.func, made.scope) if isinstance(target, CALLABLE) else None

    def _passed(self, result: Value, function: Func, node: ast.Call, scope: Scope) -> Value:
        """As :meth:`_passing`, of each alternative. Where that changes none of them they stay one value: alternatives of
        alternatives are shared, and copies of them would double with each function that returns one of two.
        """
        found = told_apart(result)
        passing = [self._passing(option, function, node, scope) for option in found]
        return result if all(map(is_, found, passing)) else either(passing)

    def _passing(self, result: Value, function: Func, node: ast.Call, scope: Scope) -> Value:
        """The result of a call; a closure that only passes its requests on to a function that the call was given is
        that function, seen through the helper.
        """
        if not isinstance(result, Func | Lambda) or result.scope.node is not function.node:
            return result
        spec = function.node.args
        parameters = [*spec.posonlyargs, *spec.args, *spec.kwonlyargs]
        name = passed_on_to(result, frozenset(parameter.arg for parameter in parameters))
        target = result.environment.get((id(function.node), name)) if name is not None else None
        if not isinstance(target, CALLABLE):
            return result
        if isinstance(result, Lambda):
            return Applied(function, target, node.func, scope)
        return self._chain(result, function, target, node.func, scope) or result

    def passed_on(self, wrapper: Func) -> Value | None:
        """What a wrapper is for: what its ``functools.wraps`` names, or the one parameter of the function around it whose
        result it returns; ``None`` where there is none.
        """
        named = self.wrapped(wrapper)
        around = wrapper.scope.node
        if named is not None or not isinstance(around, ast.FunctionDef | ast.AsyncFunctionDef):
            return named
        spec = around.args
        parameters = [*spec.posonlyargs, *spec.args, *spec.kwonlyargs]
        name = passed_on_to(wrapper, frozenset(parameter.arg for parameter in parameters))
        return self.lookup(name, wrapper.scope, wrapper.environment) if name is not None else None

    def callable_instance(self, value: Value) -> Bound | None:
        """The ``__call__`` of an instance of a project class."""
        if not (isinstance(value, Made) and isinstance(value.callee, Klass)):
            return None
        call = self.class_attribute(value.callee, "__call__")
        return Bound(call, value) if isinstance(call, Func) else None

    def operated(
        self, owner: Made, method: str, operand: ast.expr, scope: Scope, env: Environment
    ) -> Value | None:
        """What an operator of a project class gives (``POST["/transfers"]``); ``None`` where the class has none."""
        function = self.class_attribute(owner.callee, method) if isinstance(owner.callee, Klass) else None
        if not isinstance(function, Func):
            return None
        call = ast.copy_location(ast.Call(operand, [operand], []), operand)
        return self.call(Bound(function, owner), call, scope, env)

    def subscripted(self, klass: Klass, key: ast.expr, scope: Scope, env: Environment) -> Value | None:
        """What a subscript of a project class gives by its ``__class_getitem__``; ``None`` where it has none, or where
        that gives the class.
        """
        function = self.class_attribute(klass, "__class_getitem__")
        if not isinstance(function, Func):
            return None
        call = ast.copy_location(ast.Call(key, [key], []), key)
        found = self.call(Bound(function, klass), call, scope, env)
        return None if isinstance(found, Unknown) else found

    def entered(self, manager: Value) -> Value:
        """What ``with manager as name`` gives the name: what a generator yields first, or ``__enter__`` returns."""
        found: list[Value] = []
        for option in options(manager):
            value: Value = option
            if isinstance(option, Items) and option.items:
                value = option.items[0]
            elif isinstance(option, Made) and isinstance(option.callee, Klass):
                enter = self.class_attribute(option.callee, "__enter__") or self.class_attribute(
                    option.callee, "__aenter__"
                )
                value = self.inline(Bound(enter, option), option) if isinstance(enter, Func) else option
            elif isinstance(option, Made) and option.callee in _ENTERED_AS_GIVEN and option.call.args:
                value = self.evaluate(option.call.args[0], option.scope, option.environment)
            found.append(value)
        return either(found)

    def _only_argument(self, callee: Value, node: ast.Call, scope: Scope, env: Environment) -> Value | None:
        """The function that a decorator-like call is given, if it is given just one thing."""
        if len(node.args) != 1 or node.keywords or isinstance(node.args[0], ast.Starred):
            return None
        if terminal(node.func) in _NOT_DECORATORS:
            return None
        value = self.evaluate(node.args[0], scope, env)
        is_view = (
            isinstance(value, Made) and isinstance(value.callee, Member) and value.callee.name == "as_view"
        )
        is_function = isinstance(callee, External) and callee.name.rpartition(".")[2][:1].islower()
        if isinstance(value, Parameter) and (isinstance(callee, Made) or is_function):
            return value
        return value if is_view or isinstance(value, CALLABLE) else None

    def arguments(self, function: Func | Lambda, made: Made, *, bound: bool = True) -> Environment:
        """The environment of a call: each parameter of ``function`` with the value it is given."""
        env: Environment = dict(function.environment)
        key = id(function.node)
        spec = function.node.args
        positional = [*spec.posonlyargs, *spec.args]
        names = [argument.arg for argument in positional][
            1 if bound and not _is_static(function.node) else 0 :
        ]
        for argument, default in zip(reversed(positional), reversed(spec.defaults), strict=False):
            env[key, argument.arg] = self.evaluate(default, function.scope, function.environment)
        for argument, value in zip(spec.kwonlyargs, spec.kw_defaults, strict=True):
            if value is not None:
                env[key, argument.arg] = self.evaluate(value, function.scope, function.environment)
        values, is_complete = self._positional(made)
        env.update({(key, name): value for name, value in zip(names, values, strict=False)})
        if spec.vararg is not None:
            env[key, spec.vararg.arg] = Items(tuple(values[len(names) :]), is_complete)
        self._keywords(function, made, env, {*names, *(word.arg for word in spec.kwonlyargs)})
        return env

    def given_for(self, name: str, function: Func | Lambda, made: Made, *, bound: bool) -> Value | None:
        """What a call gives one parameter, or its default; ``None`` where that takes a look at all arguments."""
        call, spec = made.call, function.node.args
        is_spread = any(isinstance(each, ast.Starred) for each in call.args)
        if is_spread or any(word.arg is None for word in call.keywords):
            return None
        for word in call.keywords:
            if word.arg == name:
                return self.evaluate(word.value, made.scope, made.environment)
        positional = [argument.arg for argument in (*spec.posonlyargs, *spec.args)]
        names = positional[1 if bound and not _is_static(function.node) else 0 :]
        if name in names[: len(call.args)]:
            return self.evaluate(call.args[names.index(name)], made.scope, made.environment)
        defaults = dict(zip(reversed(positional), reversed(spec.defaults), strict=False))
        defaults.update(
            (argument.arg, value)
            for argument, value in zip(spec.kwonlyargs, spec.kw_defaults, strict=True)
            if value is not None
        )
        default = defaults.get(name)
        return self.evaluate(default, function.scope, function.environment) if default is not None else None

    def _positional(self, made: Made) -> tuple[list[Value], bool]:
        """The positional arguments up to the first that is not known how many it is, and whether that is all."""
        values: list[Value] = []
        for item in made.call.args:
            if not isinstance(item, ast.Starred):
                values.append(self.evaluate(item, made.scope, made.environment))
                continue
            row = constants.iterate(self.row(self.evaluate(item.value, made.scope, made.environment)))
            if not isinstance(row, Items) or not row.complete:
                return values, False
            values.extend(row.items)
        return values, True

    def _keywords(self, function: Func | Lambda, made: Made, env: Environment, names: set[str]) -> None:
        key = id(function.node)
        extra: list[tuple[Value, Value]] = []
        rest: list[Value] = []
        for word in made.call.keywords:
            value = self.evaluate(word.value, made.scope, made.environment)
            value = value if word.arg is not None else self.spread(value)
            if word.arg is not None:
                pairs: tuple[tuple[Value, Value], ...] = ((Const(word.arg), value),)
            elif isinstance(value, Table):
                pairs = value.pairs
                rest.extend([] if value.complete else [UNKNOWN])
            else:
                pairs = ()
                rest.append(value)
            for name, item in pairs:
                if isinstance(name, Const) and isinstance(name.value, str) and name.value in names:
                    env[key, name.value] = item
                else:
                    extra.append((name, item))
        if function.node.args.kwarg is not None:
            only = rest[0] if len(rest) == 1 and not extra else Table(tuple(extra), not rest)
            env[key, function.node.args.kwarg.arg] = only

    def inline(self, callee: Func | Bound | Lambda, made: Made) -> Value:
        """What a project function returns for these arguments."""
        function = callee.function if isinstance(callee, Bound) else callee
        if not (function.body.returns or function.body.yields):
            return UNKNOWN
        return self.follow_call(partial(self._inlined, callee, function, made))

    def _inlined(self, callee: Func | Bound | Lambda, function: Func | Lambda, made: Made) -> Value:
        env = self.arguments(function, made, bound=isinstance(callee, Bound))
        if isinstance(callee, Bound):
            first = [*function.node.args.posonlyargs, *function.node.args.args][:1]
            env.update({(id(function.node), argument.arg): callee.owner for argument in first})
        if function.body.yields:
            return Items(tuple(self.evaluate(node, function.body, env) for node in function.body.yields))
        told = _only_return(function)
        if told is not None:
            text = self.evaluate(told, function.body, env)
            return text if _is_no_flag(text) else UNKNOWN
        found = [self.evaluate(node, function.body, env) for node in self._returned(function, env)]
        return either(
            [value for value in found if value == TOO_DEEP or not isinstance(value, Unknown | Const)]
        )

    def _returned(self, function: Func | Lambda, env: Environment) -> list[ast.expr]:
        """What a function of several ends may return for these arguments, but for texts, numbers and what is true or false:
        nobody follows these, so that nobody has to know when they are returned.
        """
        body = function.body
        tests = self.tests(body, env)
        return [
            node
            for node in body.returns
            if not isinstance(node, _PLAIN) and self.is_reached(node, tests) is not False
        ]

    def apply(self, decorator: Value, target: Value, node: ast.expr, scope: Scope) -> Value:
        """``decorator(target)``. A decorator of the project is followed: what it applies is seen, too."""
        if isinstance(decorator, Either):
            return either([self.apply(option, target, node, scope) for option in decorator.options])
        if isinstance(decorator, Klass):
            call = ast.copy_location(ast.Call(node, [Known(target, node)], []), node)
            held = self._holding(decorator, Made(decorator, call, scope))
            if held is not None and ends_in(held, target):
                return held
        decorator = self.callable_instance(decorator) or decorator
        if isinstance(decorator, Lambda) and positional(decorator.node):
            env = {
                **decorator.environment,
                (id(decorator.node), positional(decorator.node)[0].arg): target,
            }
            result = self.evaluate(decorator.node.body, decorator.body, env)
            return result if ends_in(result, target) else Applied(decorator, target, node, scope)
        if isinstance(decorator, Bound | Func):
            function = decorator.function if isinstance(decorator, Bound) else decorator
            chain = self._through(function, decorator, target, node, scope)
            if chain is not None:
                return chain
        return Applied(decorator, target, node, scope)

    def _through(
        self, function: Func, decorator: Func | Bound, target: Value, node: ast.expr, scope: Scope
    ) -> Value | None:
        parameters = [*function.node.args.posonlyargs, *function.node.args.args]
        if isinstance(decorator, Bound):
            parameters = parameters[1:]
        if not parameters:
            return None
        find = partial(self._applied, parameters, function, decorator, target, node, scope)
        chain = self.follow_call(find)
        return None if chain == TOO_DEEP else chain

    def _applied(
        self,
        parameters: list[ast.arg],
        function: Func,
        decorator: Func | Bound,
        target: Value,
        node: ast.expr,
        scope: Scope,
    ) -> Value | None:
        call = ast.copy_location(ast.Call(node, [], []), node)
        env = self.arguments(function, Made(decorator, call, scope), bound=isinstance(decorator, Bound))
        env[id(function.node), parameters[0].arg] = target
        if isinstance(decorator, Bound):
            env[id(function.node), positional(function.node)[0].arg] = decorator.owner
        results = [self.evaluate(result, function.body, env) for result in self._returned(function, env)]
        chains = [
            chain
            for result in results
            for option in options(result)
            if (chain := self._chain(option, function, target, node, scope)) is not None
        ]
        return either(chains) if chains else None

    def _chain(
        self, result: Value, function: Func, target: Value, node: ast.expr, scope: Scope
    ) -> Value | None:
        """The result of a decorator as a chain that ends in its target, if it does."""
        if ends_in(result, target):
            return Applied(function, result, node, scope)  # it may be a mark by its own name, too
        if isinstance(result, Func) and result.scope.node is function.node:
            chain: Value = Applied(function, target, node, scope)
            for inner in reversed(result.node.decorator_list):
                chain = self.apply(
                    self.evaluate(inner, result.scope, result.environment), chain, inner, result.scope
                )
            return chain
        return None


def _is_static(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> bool:
    return isinstance(node, ast.Lambda) or any(
        isinstance(item, ast.Name) and item.id == "staticmethod" for item in node.decorator_list
    )


def _only_return(function: Func | Lambda) -> ast.expr | None:
    """What a function returns whenever it returns."""
    returns = function.body.returns
    if len(returns) != 1:
        return None
    last = function.node.body if isinstance(function.node, ast.Lambda) else function.node.body[-1]
    is_at_its_end = last is returns[0] or (isinstance(last, ast.Return) and last.value is returns[0])
    return returns[0] if is_at_its_end else None


def _is_no_flag(value: Value) -> bool:
    """Whether a function's value is followed: a text may be a path; what is true or false is nobody's business here."""
    return not isinstance(value, Const) or isinstance(value.value, str)

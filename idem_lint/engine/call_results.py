"""What calls give: the project's functions are followed, its decorators seen through."""

from __future__ import annotations

import ast

from idem_lint.engine import constants
from idem_lint.engine.attribute_lookup import Attributes
from idem_lint.engine.closures import passed_on_by_method, passed_on_to
from idem_lint.engine.module_facts import Scope, terminal
from idem_lint.engine.scope_lookup import CALLABLE, DEPTH
from idem_lint.engine.value_types import (
    COMPUTED,
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
    Lambda,
    Made,
    Member,
    Parameter,
    Table,
    Unknown,
    Value,
    either,
    innermost,
    options,
)

SELF_OF_SUPER = ast.Call(ast.Name("super"), [], [])
_NOT_DECORATORS = frozenset({"wraps", "Depends", "Security", "Provide", "update_wrapper"})
_TRANSPARENT = frozenset({"typing.cast", "copy.copy", "copy.deepcopy", "functools.update_wrapper"})


class Calls(Attributes):
    """Follows calls into the project's functions, and decorators into what they apply."""

    def _Call(self, node: ast.Call, scope: Scope, env: Environment) -> Value:
        callee = self.evaluate(node.func, scope, env)
        return either([self.call(option, node, scope, env) for option in options(callee)])

    def call(self, callee: Value, node: ast.Call, scope: Scope, env: Environment) -> Value:
        """The result of a call: followed into the project's functions, else what it was made from."""
        if isinstance(callee, External):
            known = self._builtin(callee.name, node, scope, env)
            if known is not None:
                return known
        if isinstance(callee, Member) and isinstance(callee.owner, Const | Items | Table):
            arguments = [self.evaluate(argument, scope, env) for argument in node.args]
            return constants.method(callee.owner, callee.name, arguments)
        target = self._only_argument(callee, node, scope, env)
        if target is not None and not isinstance(callee, Parameter | Unknown):
            return self.apply(callee, target, node.func, scope)
        if isinstance(callee, Func | Bound):
            result = self.inline(callee, Made(callee, node, scope, env))
            if not isinstance(result, Unknown):
                function = callee.function if isinstance(callee, Bound) else callee
                return either([self._passing(option, function, node, scope) for option in options(result)])
        made = Made(callee, node, scope, env)
        return self._holding(callee, made) if isinstance(callee, Klass) else made

    def _holding(self, klass: Klass, made: Made) -> Value:
        """An instance; one that only passes its calls on to a function that it was given is that function, seen
        through its class.
        """
        call = self.class_attribute(klass, "__call__")
        name = passed_on_by_method(call) if isinstance(call, Func) else None
        target = self.attribute(made, name) if name is not None else None
        return Applied(klass, target, made.call.func, made.scope) if isinstance(target, CALLABLE) else made

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

    def _builtin(self, name: str, node: ast.Call, scope: Scope, env: Environment) -> Value | None:
        arguments = [self.evaluate(argument, scope, env) for argument in node.args]
        if name in _TRANSPARENT and arguments:
            return arguments[-1] if name == "typing.cast" else arguments[0]
        if name == "builtins.super":
            return self._super(scope)
        if name == "builtins.getattr" and len(arguments) > 1:
            names = [option.value for option in options(arguments[1]) if isinstance(option, Const)]
            known = [self.attribute(arguments[0], each) for each in names if isinstance(each, str)]
            return either(known) if known else Member(arguments[0], COMPUTED)
        if name == "builtins.dict" and not arguments:
            pairs = [(Const(word.arg), self.evaluate(word.value, scope, env)) for word in node.keywords]
            return Table(tuple(pairs))
        if name in {"itertools.chain", "itertools.chain.from_iterable"}:
            rows = (
                arguments
                if name.endswith("chain")
                else [item for row in arguments for item in constants.items(row)]
            )
            return constants.chained(rows)
        if name.startswith("builtins."):
            return constants.function(name.removeprefix("builtins."), arguments, plain=not node.keywords)
        if name == "functools.partial" and arguments:
            rest = ast.copy_location(ast.Call(node.args[0], node.args[1:], node.keywords), node)
            if isinstance(arguments[0], CALLABLE) and not isinstance(arguments[0], Func):
                return arguments[0]
            if isinstance(arguments[0], Func):
                return Applied(External(name), arguments[0], node.func, scope)
            return Made(Member(arguments[0], "functools.partial"), rest, scope, env)
        return None

    def _super(self, scope: Scope) -> Value:
        """``super()``: an instance of the next class in line."""
        current: Scope | None = scope
        while current is not None and not current.is_class:
            current = current.parent
        if current is None or current.parent is None or not isinstance(current.node, ast.ClassDef):
            return UNKNOWN
        following = self.mro(Klass(current.node, current.parent))[1:]
        return Made(following[0], SELF_OF_SUPER, current.parent) if following else UNKNOWN

    def arguments(self, function: Func, made: Made, *, bound: bool = True) -> Environment:
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

    def _positional(self, made: Made) -> tuple[list[Value], bool]:
        """The positional arguments up to the first that is not known how many it is, and whether that is all."""
        values: list[Value] = []
        for item in made.call.args:
            if not isinstance(item, ast.Starred):
                values.append(self.evaluate(item, made.scope, made.environment))
                continue
            row = constants.iterate(self.evaluate(item.value, made.scope, made.environment))
            if not isinstance(row, Items) or not row.complete:
                return values, False
            values.extend(row.items)
        return values, True

    def _keywords(self, function: Func, made: Made, env: Environment, names: set[str]) -> None:
        key = id(function.node)
        extra: list[tuple[Value, Value]] = []
        rest: list[Value] = []
        for word in made.call.keywords:
            value = self.evaluate(word.value, made.scope, made.environment)
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

    def inline(self, callee: Func | Bound, made: Made) -> Value:
        """What a project function returns for these arguments."""
        function = callee.function if isinstance(callee, Bound) else callee
        if self._depth > DEPTH // 2 or not (function.body.returns or function.body.yields):
            return UNKNOWN
        env = self.arguments(function, made, bound=isinstance(callee, Bound))
        if isinstance(callee, Bound):
            first = [*function.node.args.posonlyargs, *function.node.args.args][:1]
            env.update({(id(function.node), argument.arg): callee.owner for argument in first})
        if function.body.yields:
            return Items(tuple(self.evaluate(node, function.body, env) for node in function.body.yields))
        found = [self.evaluate(node, function.body, env) for node in function.body.returns]
        return either([value for value in found if not isinstance(value, Unknown | Const)])

    def apply(self, decorator: Value, target: Value, node: ast.expr, scope: Scope) -> Value:
        """``decorator(target)``. A decorator of the project is followed: what it applies is seen, too."""
        if isinstance(decorator, Either):
            return either([self.apply(option, target, node, scope) for option in decorator.options])
        if isinstance(decorator, Made) and isinstance(decorator.callee, Klass):
            call = self.class_attribute(decorator.callee, "__call__")
            decorator = Bound(call, decorator) if isinstance(call, Func) else decorator
        if isinstance(decorator, Lambda) and decorator.node.args.args:
            env = {
                **decorator.environment,
                (id(decorator.scope.node), decorator.node.args.args[0].arg): target,
            }
            result = self.evaluate(decorator.node.body, decorator.scope, env)
            return (
                result if innermost(result) is innermost(target) else Applied(decorator, target, node, scope)
            )
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
        if not parameters or self._depth > DEPTH // 2:
            return None
        call = ast.copy_location(ast.Call(node, [], []), node)
        env = self.arguments(function, Made(decorator, call, scope), bound=isinstance(decorator, Bound))
        env[id(function.node), parameters[0].arg] = target
        if isinstance(decorator, Bound):
            env[id(function.node), function.node.args.args[0].arg] = decorator.owner
        results = [self.evaluate(result, function.body, env) for result in function.body.returns]
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
        if innermost(result) is innermost(target):
            return Applied(function, result, node, scope)  # it may be a mark by its own name, too
        if isinstance(result, Func) and result.scope.node is function.node:
            chain: Value = Applied(function, target, node, scope)
            for inner in reversed(result.node.decorator_list):
                chain = self.apply(
                    self.evaluate(inner, result.scope, result.environment), chain, inner, result.scope
                )
            return chain
        return None


def _is_static(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return any(isinstance(item, ast.Name) and item.id == "staticmethod" for item in node.decorator_list)

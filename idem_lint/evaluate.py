"""What expressions are: names through imports, assignments, factories, tables and loops, without running anything.

The evaluator asks ``modules`` for other modules of the project; with none to give it judges one file alone.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator
from typing import Protocol

from idem_lint import literals
from idem_lint.facts import Binding, Module, Scope, targets, terminal
from idem_lint.values import (
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
    ProjectModule,
    Table,
    Unknown,
    Value,
    either,
    options,
)

DEPTH = 24
COMBINATIONS = 500
SELF = ast.Call(ast.Name("cls"), [], [])
SELF_OF_SUPER = ast.Call(ast.Name("super"), [], [])
_BUILTINS = frozenset(dir(builtins))
_CALLABLE = (Func, Lambda, Bound, Applied)
_CLASS_METHODS = frozenset({"classmethod", "classonlymethod"})
_PROPERTIES = frozenset({"property", "cached_property"})
_NOT_DECORATORS = frozenset({"wraps", "Depends", "Security", "Provide", "update_wrapper"})
_TRANSPARENT = frozenset({"typing.cast", "copy.copy", "copy.deepcopy", "functools.update_wrapper"})


class Modules(Protocol):
    """Where other modules of the project come from."""

    def find(self, dotted: str, importer: Module) -> Module | None:
        """The module that ``importer`` gets for this absolute dotted name, if it is the project's."""
        ...


class Evaluator:
    """Evaluates expressions of any module; keeps no state but the recursion depth and a cache."""

    def __init__(self, modules: Modules) -> None:
        self.modules = modules
        self._depth = 0
        self._cache: dict[tuple[int, int], Value] = {}
        self._busy: set[tuple[int, int]] = set()
        self._mro: dict[ast.ClassDef, list[Klass | External]] = {}
        self._imports: dict[tuple[str, str], Value] = {}
        self._starring: set[tuple[Module, str]] = set()
        self._growing: set[tuple[int, str]] = set()
        self.collectors: set[str] = set()
        self.applications: dict[ast.AST, list[Environment]] = {}
        self.heirs: dict[ast.AST, list[Klass]] = {}

    # expressions

    def evaluate(self, node: ast.expr, scope: Scope, environment: Environment | None = None) -> Value:
        """The value of an expression in a scope; :class:`Unknown` where it cannot be told."""
        environment = environment or {}
        method = getattr(self, "_" + type(node).__name__, None)
        if method is None or self._depth > DEPTH:
            return UNKNOWN
        key = (id(node), id(scope))
        if not environment:
            if key in self._cache:
                return self._cache[key]
            if key in self._busy:
                return UNKNOWN
            self._busy.add(key)
        self._depth += 1
        try:
            value: Value = method(node, scope, environment)
        finally:
            self._depth -= 1
            self._busy.discard(key)
        if not environment:
            self._cache[key] = value
        return value

    def _Constant(self, node: ast.Constant, _scope: Scope, _env: Environment) -> Value:  # noqa: N802
        return Const(node.value)

    def _JoinedStr(self, node: ast.JoinedStr, scope: Scope, env: Environment) -> Value:  # noqa: N802
        parts = [
            self.evaluate(part.value if isinstance(part, ast.FormattedValue) else part, scope, env)
            for part in node.values
        ]
        return Const("".join(str(part.value) if isinstance(part, Const) else "{…}" for part in parts))

    def _sequence(self, node: ast.List | ast.Tuple | ast.Set, scope: Scope, env: Environment) -> Value:
        items: list[Value] = []
        complete = True
        for element in node.elts:
            if isinstance(element, ast.Starred):
                inner = literals.iterate(self.evaluate(element.value, scope, env))
                complete = complete and isinstance(inner, Items) and inner.complete
                items.extend(inner.items if isinstance(inner, Items) else ())
            else:
                items.append(self.evaluate(element, scope, env))
        return Items(tuple(items), complete)

    _List = _Tuple = _Set = _sequence

    def _Dict(self, node: ast.Dict, scope: Scope, env: Environment) -> Value:  # noqa: N802
        pairs: list[tuple[Value, Value]] = []
        complete = True
        for key, item in zip(node.keys, node.values, strict=True):
            value = self.evaluate(item, scope, env)
            if key is not None:
                pairs.append((self.evaluate(key, scope, env), value))
            elif isinstance(value, Table):
                pairs.extend(value.pairs)
            else:
                complete = False
        return Table(tuple(pairs), complete)

    def _comprehension(
        self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp, scope: Scope, env: Environment
    ) -> Value:
        loops = tuple((part.target, part.iter) for part in node.generators)
        rounds = self.rounds(loops, scope, env)
        if rounds is None:
            return UNKNOWN
        return Items(tuple(self.evaluate(node.elt, scope, each) for each in rounds))

    _ListComp = _SetComp = _GeneratorExp = _comprehension

    def _DictComp(self, node: ast.DictComp, scope: Scope, env: Environment) -> Value:  # noqa: N802
        rounds = self.rounds(tuple((part.target, part.iter) for part in node.generators), scope, env)
        if rounds is None:
            return UNKNOWN
        return Table(
            tuple((self.evaluate(node.key, scope, each), self.evaluate(node.value, scope, each)) for each in rounds)
        )

    def _BinOp(self, node: ast.BinOp, scope: Scope, env: Environment) -> Value:  # noqa: N802
        left = self.evaluate(node.left, scope, env)
        return literals.binary(node.op, left, self.evaluate(node.right, scope, env))

    def _BoolOp(self, node: ast.BoolOp, scope: Scope, env: Environment) -> Value:  # noqa: N802
        decides = isinstance(node.op, ast.Or)  # ``or`` ends with the first that is true, ``and`` with the first that is not
        found: list[Value] = []
        for each in node.values:
            value = self.evaluate(each, scope, env)
            truth = literals.truth(value)
            if truth is not (not decides) or each is node.values[-1]:
                found.append(value)
            if truth is decides:
                break
        return either(found)

    def _IfExp(self, node: ast.IfExp, scope: Scope, env: Environment) -> Value:  # noqa: N802
        test = self.evaluate(node.test, scope, env) if env else UNKNOWN
        if isinstance(test, Const):
            return self.evaluate(node.body if test.value else node.orelse, scope, env)
        return either([self.evaluate(node.body, scope, env), self.evaluate(node.orelse, scope, env)])

    def _NamedExpr(self, node: ast.NamedExpr, scope: Scope, env: Environment) -> Value:  # noqa: N802
        return self.evaluate(node.value, scope, env)

    def _Await(self, node: ast.Await, scope: Scope, env: Environment) -> Value:  # noqa: N802
        return self.evaluate(node.value, scope, env)

    def _Subscript(self, node: ast.Subscript, scope: Scope, env: Environment) -> Value:  # noqa: N802
        owner = self.evaluate(node.value, scope, env)
        if isinstance(owner, Items | Table):
            return literals.item(owner, self.evaluate(node.slice, scope, env))
        return owner if isinstance(owner, External | Klass) else UNKNOWN

    def _Lambda(self, node: ast.Lambda, scope: Scope, env: Environment) -> Value:  # noqa: N802
        return Lambda(node, scope, env)

    def _Name(self, node: ast.Name, scope: Scope, env: Environment) -> Value:  # noqa: N802
        return self.lookup(node.id, scope, env, node.lineno)

    def _Attribute(self, node: ast.Attribute, scope: Scope, env: Environment) -> Value:  # noqa: N802
        owner = self.evaluate(node.value, scope, env)
        return either([self.attribute(option, node.attr) for option in options(owner)])

    # names

    def lookup(self, name: str, scope: Scope, env: Environment, line: int | None = None) -> Value:
        """The value of a name, seen from ``scope`` at ``line``."""
        current: Scope | None = scope
        while current is not None:
            if (id(current.node), name) in env:
                return env[id(current.node), name]
            if current is scope or not current.is_class:
                found = current.bindings.get(name)
                if found and not (current.is_class and _is_later(found, line)):
                    return self.bound(found, current, env, line)
                starred = self._starred(name, current)
                if starred is not None:
                    return starred
            line = line if current.is_class else None  # a class body runs where it stands, a function later
            current = current.parent
        if name in _BUILTINS:
            return External(f"builtins.{name}")
        return Unknown(f"`{name}` is not defined in this file")

    def _starred(self, name: str, scope: Scope) -> Value | None:
        for origin in scope.stars:
            module = self.modules.find(origin, scope.module)
            if module is None:
                if name not in _BUILTINS:
                    return External(f"{origin}.{name}")
            elif name in module.scope.bindings or (module.scope.stars and (module, name) not in self._starring):
                self._starring.add((module, name))  # modules may import each other's names
                value = self.lookup(name, module.scope, {})
                self._starring.discard((module, name))
                if not isinstance(value, Unknown):
                    return value
        return None

    def bound(self, found: list[Binding], scope: Scope, env: Environment, line: int | None) -> Value:
        """What a name is, given its bindings: the last one before ``line``, or one of the branches."""
        before = [binding for binding in found if line is None or binding.line < line] or found
        reaching: list[Binding] = []
        for binding in reversed(before):
            if not any(binding.arms[: len(later.arms)] == later.arms for later in reaching):
                reaching.append(binding)
        return either([self._binding(binding, found, scope, env) for binding in reaching])

    def _binding(self, binding: Binding, found: list[Binding], scope: Scope, env: Environment) -> Value:
        node = binding.node
        if binding.kind == "import":
            return self.imported(binding.target, scope.module)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            return self._defined(Func(node, scope, env))
        if isinstance(node, ast.ClassDef):
            return Klass(node, scope, env)
        if isinstance(node, ast.arg):
            return self._parameter(node, scope, env)
        if binding.kind == "extend" and isinstance(node, ast.expr):
            earlier = [other for other in found if other.line < binding.line]
            start = self.bound(earlier, scope, env, None) if earlier else UNKNOWN
            return literals.binary(ast.Add(), start, self.evaluate(node, scope, env))
        if isinstance(node, ast.expr):
            value = self.evaluate(node, scope, env)
            if binding.kind == "loop":
                value = literals.any_of(value)
            if isinstance(value, Items | Table) and not binding.path:
                value = self._grown(value, binding.name, scope, env)
            return literals.unpack(value, binding.path)
        return UNKNOWN

    def _defined(self, function: Func) -> Value:
        """A function, or what it wraps: ``functools.wraps(view)`` makes it that view, seen through its decorators."""
        wrapped = self.wrapped(function) if function.scope.is_function else None
        if wrapped is None:
            return function
        chain: Value = Applied(function, wrapped, function.node.decorator_list[-1], function.scope)
        for inner in reversed(function.node.decorator_list):
            if terminal(inner.func if isinstance(inner, ast.Call) else inner) != "wraps":
                decorator = self.evaluate(inner, function.scope, function.environment)
                chain = self.apply(decorator, chain, inner, function.scope)
        return chain

    def wrapped(self, function: Func) -> Value | None:
        """What ``@functools.wraps(…)`` on a function names, if that is a function or a parameter."""
        for node in function.node.decorator_list:
            if isinstance(node, ast.Call) and terminal(node.func) == "wraps" and node.args:
                value = self.evaluate(node.args[0], function.scope, function.environment)
                if isinstance(value, (*_CALLABLE, Parameter)):
                    return value
        return None

    def _grown(self, value: Items | Table, name: str, scope: Scope, env: Environment) -> Value:
        """A list or dict with what later statements, and decorators that collect, put into it."""
        key = (id(scope.module), name)
        if key in self._growing:
            return value
        self._growing.add(key)
        try:
            return self._with_growth(value, name, scope, env)
        finally:
            self._growing.discard(key)

    def _with_growth(self, value: Value, name: str, scope: Scope, env: Environment) -> Value:
        for site in scope.module.growth(name):
            if site.scope.is_function and site.scope is not scope:
                self.collectors.update(_function_names(site.scope))
            func = site.node.func
            verb = func.attr if isinstance(func, ast.Attribute) else ""
            for each in self.applications.get(site.scope.node, ()) or [env]:
                added = [self.evaluate(node, site.scope, each) for node in site.node.args]
                value = literals.grown(value, verb, added) if isinstance(value, Items | Table) else value
        return value

    def note_application(self, decorator: Value, target: Value) -> None:
        """Remember that a project decorator was put on something, for registries that decorators fill."""
        body = decorator.function if isinstance(decorator, Bound) else decorator
        if isinstance(body, Func):
            parameters = [*body.node.args.posonlyargs, *body.node.args.args]
            names = parameters[1:] if isinstance(decorator, Bound) else parameters
            if names:
                env = {**body.environment, (id(body.node), names[0].arg): target}
                self.applications.setdefault(body.node, []).append(env)

    def imported(self, dotted: str, importer: Module) -> Value:
        """What an absolute dotted name refers to, seen from a module."""
        key = (dotted, importer.name)
        if key in self._imports:
            return self._imports[key]
        self._imports[key] = External(dotted)  # what a cycle of imports comes to
        self._imports[key] = value = self._imported(dotted, importer)
        return value

    def _imported(self, dotted: str, importer: Module) -> Value:
        module = self.modules.find(dotted, importer)
        if module is not None:
            return ProjectModule(module)
        head, _, tail = dotted.rpartition(".")
        owner = self.modules.find(head, importer) if head else None
        if owner is None or (owner is importer and tail not in owner.scope.bindings):
            return External(dotted)
        return self._module_attribute(owner, tail)

    def _parameter(self, node: ast.arg, scope: Scope, env: Environment) -> Value:
        owner = scope.parent
        function = scope.node
        if owner is not None and owner.is_class and isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            first = [*function.args.posonlyargs, *function.args.args][:1]
            if first and first[0] is node and isinstance(owner.node, ast.ClassDef) and owner.parent is not None:
                klass = Klass(owner.node, owner.parent, env)
                return klass if _is_classmethod(function) else Made(klass, SELF, owner.parent, env)
        annotation = None
        if node.annotation is not None and scope.parent is not None:
            annotation = self.evaluate(_unquoted(node.annotation), scope.parent, env)
        return Parameter(node.arg, scope, annotation)

    # attributes

    def attribute(self, owner: Value, name: str) -> Value:
        """The attribute of a value: through modules, classes, instances; else a :class:`Member`."""
        if isinstance(owner, External):
            return External(f"{owner.name}.{name}")
        if isinstance(owner, ProjectModule):
            return self._module_attribute(owner.module, name)
        if isinstance(owner, Klass):
            found = self.class_attribute(owner, name) if name != "as_view" else None
            return _through_class(found, owner) if found is not None else Member(owner, name)
        if isinstance(owner, Made) and isinstance(owner.callee, Klass):
            found = self._instance_attribute(owner, owner.callee, name)
            return found if found is not None else Member(owner, name)
        if isinstance(owner, Const) and name == "value":
            return owner
        return Member(owner, name)

    def _module_attribute(self, module: Module, name: str) -> Value:
        if name in module.scope.bindings or module.scope.stars:
            value = self.lookup(name, module.scope, {})
            if not isinstance(value, Unknown):
                return value
        child = self.modules.find(f"{module.name}.{name}", module)
        return ProjectModule(child) if child is not None else External(f"{module.name}.{name}")

    def class_attribute(self, klass: Klass, name: str) -> Value | None:
        """A class attribute or method, through the base classes that the project defines."""
        for base in self.mro(klass):
            if isinstance(base, Klass) and name in base.body.bindings:
                return self.bound(base.body.bindings[name], base.body, base.environment, None)
        return None

    def _instance_attribute(self, made: Made, klass: Klass, name: str) -> Value | None:
        found = self._overridden(made, klass, name)
        methods = [option for option in options(found) if isinstance(option, Func)] if found is not None else []
        if methods:
            return either([self._reached(method, made) for method in methods])
        for base in self.mro(klass):
            if isinstance(base, Klass):
                value = self._assigned_to_self(made, base, name)
                if value is not None:
                    return value
        field = self._field(made, klass, name)
        return field if field is not None else found

    def _reached(self, method: Func, made: Made) -> Value:
        """A method through an instance; a property is what it returns."""
        if any(terminal(node) in _PROPERTIES for node in method.node.decorator_list):
            return self.inline(Bound(method, made), made)
        return Bound(method, made)

    def _overridden(self, made: Made, klass: Klass, name: str) -> Value | None:
        """A method as an instance has it; through ``self`` that is what the subclasses in the project make of it."""
        heirs = self.heirs.get(klass.node, ()) if made.call is SELF else ()
        found = [value for heir in heirs if (value := self.class_attribute(heir, name)) is not None]
        unique = {innermost(option): option for value in found for option in options(value)}
        return either(list(unique.values())) if unique else self.class_attribute(klass, name)

    def _assigned_to_self(self, made: Made, klass: Klass, name: str) -> Value | None:
        for node in klass.node.body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                body = klass.module.scopes[node]
                found = body.bindings.get(f"self.{name}")
                if found:
                    is_called = node.name == "__init__" and made.call is not SELF
                    value = self.bound(found, body, self.arguments(Func(node, klass.body), made) if is_called else {}, None)
                    return self._grown(value, f"self.{name}", body, {}) if isinstance(value, Items | Table) else value
        return None

    def _field(self, made: Made, klass: Klass, name: str) -> Value | None:
        """A field of a dataclass, named tuple or model, from the call that made the instance."""
        fields = [
            node.target.id
            for base in reversed([base for base in self.mro(klass) if isinstance(base, Klass)])
            for node in base.node.body
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
        ]
        if name not in fields:
            return None
        for keyword in made.call.keywords:
            if keyword.arg == name:
                return self.evaluate(keyword.value, made.scope, made.environment)
        index = fields.index(name)
        if index < len(made.call.args):
            return self.evaluate(made.call.args[index], made.scope, made.environment)
        return None

    # classes

    def mro(self, klass: Klass) -> list[Klass | External]:
        """The class and its bases, nearest first; a base that is not known is left out."""
        if klass.node in self._mro:
            return self._mro[klass.node]
        self._mro[klass.node] = [klass]
        found: list[Klass | External] = [klass]
        for base in klass.node.bases:
            for option in options(self.evaluate(base, klass.scope, klass.environment)):
                found.extend(self._base(option))
        unique: list[Klass | External] = []
        for position, item in enumerate(found):
            if not any(_same_class(item, later) for later in found[position + 1 :]):
                unique.append(item)
        self._mro[klass.node] = unique
        return unique

    def _base(self, value: Value) -> list[Klass | External]:
        if isinstance(value, Klass):
            return self.mro(value)
        if isinstance(value, Made):
            return self._base(value.callee)
        return [value] if isinstance(value, External) else []

    # calls

    def _Call(self, node: ast.Call, scope: Scope, env: Environment) -> Value:  # noqa: N802
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
            return literals.method(callee.owner, callee.name, arguments)
        target = self._only_argument(callee, node, scope, env)
        if target is not None and not isinstance(callee, Parameter | Unknown):
            return self.apply(callee, target, node.func, scope)
        if isinstance(callee, Func | Bound):
            result = self.inline(callee, Made(callee, node, scope, env))
            if not isinstance(result, Unknown):
                return result
        return Made(callee, node, scope, env)

    def _only_argument(self, callee: Value, node: ast.Call, scope: Scope, env: Environment) -> Value | None:
        """The function that a decorator-like call is given, if it is given just one thing."""
        if len(node.args) != 1 or node.keywords or isinstance(node.args[0], ast.Starred):
            return None
        if terminal(node.func) in _NOT_DECORATORS:
            return None
        value = self.evaluate(node.args[0], scope, env)
        is_view = isinstance(value, Made) and isinstance(value.callee, Member) and value.callee.name == "as_view"
        is_function = isinstance(callee, External) and callee.name.rpartition(".")[2][:1].islower()
        if isinstance(value, Parameter) and (isinstance(callee, Made) or is_function):
            return value
        return value if is_view or isinstance(value, _CALLABLE) else None

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
            rows = arguments if name.endswith("chain") else [item for row in arguments for item in literals.items(row)]
            return Items(tuple(item for row in rows for item in literals.items(row)))
        if name.startswith("builtins."):
            return literals.function(name.removeprefix("builtins."), arguments)
        if name == "functools.partial" and arguments:
            rest = ast.copy_location(ast.Call(node.args[0], node.args[1:], node.keywords), node)
            if isinstance(arguments[0], _CALLABLE) and not isinstance(arguments[0], Func):
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
        names = [argument.arg for argument in positional][1 if bound and not _is_static(function.node) else 0 :]
        for argument, default in zip(reversed(positional), reversed(spec.defaults), strict=False):
            env[key, argument.arg] = self.evaluate(default, function.scope, function.environment)
        for argument, value in zip(spec.kwonlyargs, spec.kw_defaults, strict=True):
            if value is not None:
                env[key, argument.arg] = self.evaluate(value, function.scope, function.environment)
        values = [self.evaluate(item, made.scope, made.environment) for item in made.call.args]
        if any(isinstance(item, ast.Starred) for item in made.call.args):
            values = []
        env.update({(key, name): value for name, value in zip(names, values, strict=False)})
        if spec.vararg is not None:
            env[key, spec.vararg.arg] = Items(tuple(values[len(names) :]))
        self._keywords(function, made, env, {*names, *(word.arg for word in spec.kwonlyargs)})
        return env

    def _keywords(self, function: Func, made: Made, env: Environment, names: set[str]) -> None:
        key = id(function.node)
        extra: list[tuple[Value, Value]] = []
        for word in made.call.keywords:
            value = self.evaluate(word.value, made.scope, made.environment)
            if word.arg in names:
                env[key, word.arg] = value
            elif word.arg is not None:
                extra.append((Const(word.arg), value))
            elif isinstance(value, Table):
                for name, item in value.pairs:
                    if isinstance(name, Const) and isinstance(name.value, str) and name.value in names:
                        env[key, name.value] = item
        if function.node.args.kwarg is not None:
            env[key, function.node.args.kwarg.arg] = Table(tuple(extra))

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

    # decorators

    def apply(self, decorator: Value, target: Value, node: ast.expr, scope: Scope) -> Value:
        """``decorator(target)``. A decorator of the project is followed: what it applies is seen, too."""
        if isinstance(decorator, Either):
            return either([self.apply(option, target, node, scope) for option in decorator.options])
        if isinstance(decorator, Made) and isinstance(decorator.callee, Klass):
            call = self.class_attribute(decorator.callee, "__call__")
            decorator = Bound(call, decorator) if isinstance(call, Func) else decorator
        if isinstance(decorator, Lambda) and decorator.node.args.args:
            env = {**decorator.environment, (id(decorator.scope.node), decorator.node.args.args[0].arg): target}
            result = self.evaluate(decorator.node.body, decorator.scope, env)
            return result if innermost(result) is innermost(target) else Applied(decorator, target, node, scope)
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

    def _chain(self, result: Value, function: Func, target: Value, node: ast.expr, scope: Scope) -> Value | None:
        """The result of a decorator as a chain that ends in its target, if it does."""
        if innermost(result) is innermost(target):
            return result
        if isinstance(result, Func) and result.scope.node is function.node:
            chain: Value = Applied(function, target, node, scope)
            for inner in reversed(result.node.decorator_list):
                chain = self.apply(self.evaluate(inner, result.scope, result.environment), chain, inner, result.scope)
            return chain
        return None

    def forget(self) -> None:
        """Drop what was cached before all modules were known."""
        self._cache.clear()
        self._imports.clear()
        self._mro.clear()

    def decorated(self, function: Func) -> Value:
        """A function seen through all its decorators, nearest first."""
        value: Value = function
        for node in reversed(function.node.decorator_list):
            decorator = self.evaluate(node, function.scope, function.environment)
            value = self.apply(decorator, value, node, function.scope)
        return value

    # loops

    def rounds(
        self, loops: tuple[tuple[ast.expr, ast.expr], ...], scope: Scope, env: Environment
    ) -> list[Environment] | None:
        """One environment per round of nested loops; ``None`` where what they run over is not known."""
        found: list[Environment] = [env]
        for target, iterable in loops:
            following: list[Environment] = []
            for each in found:
                items = literals.iterate(self.evaluate(iterable, scope, each))
                if not isinstance(items, Items):
                    return None
                following.extend(
                    {**each, **{(id(scope.node), name): value for name, value in _bind(target, item)}}
                    for item in items.items
                )
            if len(following) > COMBINATIONS:
                return None
            found = following
        return found


def _function_names(scope: Scope | None) -> Iterator[str]:
    while scope is not None:
        if isinstance(scope.node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield scope.node.name
        scope = scope.parent


def _bind(target: ast.expr, item: Value) -> Iterator[tuple[str, Value]]:
    for name, path in targets(target):
        yield name, literals.unpack(item, path)


def innermost(value: Value) -> object:
    """What a chain of decorators ends in; functions are told by their definition."""
    while isinstance(value, Applied):
        value = value.target
    if isinstance(value, Bound):
        value = value.function
    return value.node if isinstance(value, Func | Lambda) else value


def _same_class(left: Klass | External, right: Klass | External) -> bool:
    if isinstance(left, Klass) and isinstance(right, Klass):
        return left.node is right.node
    return left == right


def _is_later(found: list[Binding], line: int | None) -> bool:
    """Whether a class body binds a name only below: until then, the name is the one outside."""
    return line is not None and all(binding.line >= line for binding in found)


def _is_classmethod(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return any(terminal(item) in _CLASS_METHODS for item in node.decorator_list)


def _through_class(found: Value, owner: Klass) -> Value:
    """A class attribute as the class has it: a class method is bound to the class it was asked of."""
    if any(isinstance(option, Func) and _is_classmethod(option.node) for option in options(found)):
        return either([Bound(option, owner) if isinstance(option, Func) else option for option in options(found)])
    return found


def _is_static(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return any(isinstance(item, ast.Name) and item.id == "staticmethod" for item in node.decorator_list)


def _unquoted(node: ast.expr) -> ast.expr:
    """An annotation in quotes as an expression; an ``Annotated`` or ``Optional`` as what it is about."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        try:
            return ast.parse(node.value, mode="eval").body
        except (SyntaxError, ValueError):
            return node
    if isinstance(node, ast.Subscript):
        inner = node.slice.elts[0] if isinstance(node.slice, ast.Tuple) and node.slice.elts else node.slice
        name = node.value.attr if isinstance(node.value, ast.Attribute) else getattr(node.value, "id", "")
        return _unquoted(inner) if name in {"Annotated", "Optional"} else node.value
    if isinstance(node, ast.BinOp):
        return _unquoted(node.left)
    return node

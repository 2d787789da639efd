"""What calls of the standard library give: ``getattr``, ``partial``, ``attrgetter``, ``type`` and their like."""

from __future__ import annotations

import ast
from collections.abc import Callable

from idem_lint.engine import constants
from idem_lint.engine.class_calls import class_statement
from idem_lint.engine.module_facts import Scope
from idem_lint.engine.namespaces import NAMESPACES, Namespaces
from idem_lint.engine.records import AS_ROW
from idem_lint.engine.scope_lookup import CALLABLE
from idem_lint.engine.value_types import (
    COMPUTED,
    UNKNOWN,
    Applied,
    Bound,
    Const,
    Environment,
    External,
    Func,
    Items,
    Klass,
    Known,
    Made,
    Member,
    Table,
    Value,
    either,
    options,
)

_ATTRIBUTE_GETTER = "operator.attrgetter"
_ITEM_GETTER = "operator.itemgetter"
_OPERATORS = frozenset({_ATTRIBUTE_GETTER, _ITEM_GETTER, "operator.methodcaller"})
SELF_OF_SUPER = ast.Call(ast.Name("super"), [], [])
PARTIAL = External("functools.partial")
_TRANSPARENT = frozenset(
    {"typing.cast", "copy.copy", "copy.deepcopy", "functools.update_wrapper", "weakref.proxy"}
    | {"types.MappingProxyType"}
)
_OF_ONE = frozenset({"next", "staticmethod"})
_MEMBERS = "inspect.getmembers"
_INSPECTING = AS_ROW | {_MEMBERS}
_JOINING = frozenset({"itertools.chain", "itertools.chain.from_iterable", "collections.ChainMap"})
_EMPTY: dict[str, Items | Table] = {
    "collections.defaultdict": Table(()),
    "collections.OrderedDict": Table(()),
    "collections.deque": Items(()),
}
"""Collections that begin empty, whatever makes their items."""
_KNOWN = (
    _TRANSPARENT
    | _EMPTY.keys()
    | _INSPECTING
    | {"builtins.super", "builtins.getattr", "builtins.type", "builtins.dict", PARTIAL.name}
    | {"builtins.map", "builtins.filter", "importlib.import_module"}
    | {*(f"builtins.{name}" for name in NAMESPACES | _OF_ONE)}
    | _JOINING
    | {f"builtins.{name}" for name in constants.FUNCTIONS}
)


def _has_no_attributes(value: Value) -> bool:
    """Whether nothing can have put an attribute on a value: a literal, or a function without decorators."""
    function = value.function if isinstance(value, Bound) else value
    return isinstance(value, Const | Items | Table) or (
        isinstance(function, Func) and not function.node.decorator_list
    )


def _joined(name: str, arguments: list[Value]) -> Value:
    """Several collections as one."""
    if name == "collections.ChainMap":  # the first that has a key gives it, as the last pair of a table does
        return constants.merged(arguments[::-1])
    rows = arguments if name == "itertools.chain" else [i for row in arguments for i in constants.items(row)]
    return constants.chained(rows)


def _of_one(name: str, value: Value, node: ast.expr) -> Value | None:
    """What one of :data:`_OF_ONE` gives: how often a named iterator was asked before is not known."""
    if name == "next":
        return constants.first(value, is_new=not isinstance(node, ast.Name))
    return value if not isinstance(value, CALLABLE) else None


class LibraryCalls(Namespaces):
    """Knows the functions of the standard library that routes are made with."""

    def _library(self, name: str, node: ast.Call, scope: Scope, env: Environment) -> Value | None:
        """What a function of the standard library gives; ``None`` where it is none of those that matter here."""
        if name not in _KNOWN:
            return None
        arguments = [self.evaluate(argument, scope, env) for argument in node.args]
        if name.startswith("builtins."):
            return self._builtin(name.removeprefix("builtins."), arguments, node, scope, env)
        if name in _EMPTY and len(arguments) <= (name == "collections.defaultdict") and not node.keywords:
            return _EMPTY[name]
        if not arguments:
            return None
        if name in _TRANSPARENT:
            return arguments[-1] if name == "typing.cast" else arguments[0]
        if name in _INSPECTING:
            return self._inspected(name, arguments, node, scope, env)
        if name == "importlib.import_module":
            return self._module_named(arguments[0], scope)
        if name in _JOINING:
            return _joined(name, arguments)
        return self._partial(arguments[0], node, scope, env) if name == "functools.partial" else None

    def _inspected(
        self, name: str, arguments: list[Value], node: ast.Call, scope: Scope, env: Environment
    ) -> Value | None:
        """What an object has: ``dataclasses.astuple`` and ``inspect.getmembers``."""
        if name == _MEMBERS:
            given = [*arguments[1:], *(self.evaluate(word.value, scope, env) for word in node.keywords)]
            return self.members(arguments[0], next(iter(given), None))
        table = self.table(arguments[0])
        return constants.method(table, "values", []) if table is not None else None

    def _builtin(
        self, name: str, arguments: list[Value], node: ast.Call, scope: Scope, env: Environment
    ) -> Value | None:
        if name == "super":
            return self._super(scope)
        if name == "getattr" and len(arguments) > 1:
            return self._got(arguments, env)
        if name == "type" and len(node.args) == 3:
            return self._class_made(node, scope, env)
        if name == "map" and len(node.args) > 1:
            return self._mapped(node, arguments, scope, env)
        if name == "filter":
            return constants.function("list", arguments[1:])
        if name in _OF_ONE and arguments:
            return _of_one(name, arguments[0], node.args[0])
        if name in NAMESPACES:
            return self.listed(name, arguments, scope)
        if name == "dict" and not arguments:
            pairs = [(Const(word.arg), self.evaluate(word.value, scope, env)) for word in node.keywords]
            return Table(tuple(pairs))
        return constants.function(name, arguments, plain=not node.keywords)

    def _got(self, arguments: list[Value], env: Environment) -> Value:
        """What ``getattr(owner, name, default)`` gives."""
        owner, named, *default = arguments
        names = [option.value for option in options(named) if isinstance(option, Const)]
        known = [self.read_attribute(owner, text, env) for text in names if isinstance(text, str)]
        if default and _has_no_attributes(owner) and all(isinstance(each, Member) for each in known):
            return default[0]
        return either(known) if known else Member(owner, COMPUTED, named)

    def _mapped(self, node: ast.Call, arguments: list[Value], scope: Scope, env: Environment) -> Value:
        rows = constants.function("zip", arguments[1:])
        if not isinstance(rows, Items):
            return UNKNOWN
        calls = [
            ast.copy_location(
                ast.Call(node.args[0], [Known(item, node) for item in constants.items(row)], []), node
            )
            for row in rows.items
        ]
        return Items(tuple(self.evaluate(call, scope, env) for call in calls))

    def _partial(self, function: Value, node: ast.Call, scope: Scope, env: Environment) -> Value:
        if isinstance(function, CALLABLE):
            given = self._settled(ast.Call(node.func, node.args[1:], node.keywords), node, scope, env)
            return Applied(PARTIAL, function, given, scope)
        rest = ast.copy_location(ast.Call(node.args[0], node.args[1:], node.keywords), node)
        return Made(Member(function, PARTIAL.name), rest, scope, env)

    def method_of_partial(self, partial: Made, instance: Made) -> Value:
        """What a ``functools.partialmethod`` is through an instance."""
        scope, env, call = partial.scope, partial.environment, partial.call
        if not call.args:
            return partial
        function = self.evaluate(call.args[0], scope, env)
        method = Bound(function, instance) if isinstance(function, Func) else function
        return self._partial(method, call, scope, env)

    def _made_by_operator(
        self, made: Made, name: str, node: ast.Call, scope: Scope, env: Environment
    ) -> Value | None:
        """``attrgetter("post")(router)``, ``methodcaller("post", path)(router)``, ``itemgetter("post")(table)``."""
        if name not in _OPERATORS or not (node.args and made.call.args):
            return None
        if name == _ITEM_GETTER:
            owner = self.evaluate(node.args[0], scope, env)
            return self._each(made, lambda key: either([constants.item(o, key) for o in options(owner)]))
        if name == _ATTRIBUTE_GETTER and len(made.call.args) > 1:
            owner = self.evaluate(node.args[0], scope, env)
            return self._each(made, lambda key: either([self._attribute_at(o, key) for o in options(owner)]))
        names = [
            option.value
            for option in options(self.evaluate(made.call.args[0], made.scope, made.environment))
            if isinstance(option, Const) and isinstance(option.value, str)
        ]
        found = [self.evaluate(node.args[0], scope, env)] * len(names)
        for number, dotted in enumerate(names):
            for part in dotted.split("."):
                found[number] = either([self.attribute(option, part) for option in options(found[number])])
        if not found or name == _ATTRIBUTE_GETTER:
            return either(found) if found else None
        rest = ast.copy_location(ast.Call(node.func, made.call.args[1:], made.call.keywords), node)
        return either([Made(option, rest, made.scope, made.environment) for option in options(either(found))])

    def _each(self, getter: Made, get: Callable[[Value], Value]) -> Value:
        """What a getter gives for each of the keys that it was made of: a row, where they are several."""
        keys = [self.evaluate(key, getter.scope, getter.environment) for key in getter.call.args]
        return get(keys[0]) if len(keys) == 1 else Items(tuple(map(get, keys)))

    def _attribute_at(self, owner: Value, path: Value) -> Value:
        """The attribute at a dotted path."""
        for part in str(path.value).split(".") if isinstance(path, Const) else ():
            owner = either([self.attribute(option, part) for option in options(owner)])
        return owner if isinstance(path, Const) else UNKNOWN

    def without_partial(
        self, callee: Value, node: ast.Call, scope: Scope, env: Environment
    ) -> tuple[Value, ast.Call]:
        """A call of ``functools.partial(function, …)`` as the call of the function with all its arguments."""
        while (
            isinstance(callee, Applied) and callee.decorator == PARTIAL and isinstance(callee.node, ast.Call)
        ):
            earlier = callee.node
            node = self._settled(
                ast.Call(node.func, [*earlier.args, *node.args], [*earlier.keywords, *node.keywords]),
                node,
                scope,
                env,
            )
            callee = callee.target
        return callee, node

    def _settled(self, call: ast.Call, at: ast.Call, scope: Scope, env: Environment) -> ast.Call:
        """The call with its arguments as values, so that it means the same in another scope."""
        call.args = [self._settled_argument(node, scope, env) for node in call.args]
        call.keywords = [
            ast.keyword(word.arg, Known(self.evaluate(word.value, scope, env), word.value))
            for word in call.keywords
        ]
        return ast.copy_location(call, at)

    def _settled_argument(self, node: ast.expr, scope: Scope, env: Environment) -> ast.expr:
        if isinstance(node, ast.Starred):
            return ast.Starred(Known(self.evaluate(node.value, scope, env), node), ast.Load())
        return Known(self.evaluate(node, scope, env), node)

    def _module_named(self, name: Value, scope: Scope) -> Value | None:
        if not (isinstance(name, Const) and isinstance(name.value, str)) or name.value.startswith("."):
            return None
        return self.imported(name.value, scope.module)

    def _class_made(self, node: ast.Call, scope: Scope, env: Environment) -> Value | None:
        """``type("Name", (Base,), {"post": post})``: the class statement that it stands for."""
        known = self._classes_made.get(node)
        if known is None:
            known = self._classes_made[node] = class_statement(node, scope)
        return Klass(known, scope, env) if known is not None else None

    def _super(self, scope: Scope) -> Value:
        """``super()``: an instance of the next class in line."""
        current: Scope | None = scope
        while current is not None and not current.is_class:
            current = current.parent
        if current is None or current.parent is None or not isinstance(current.node, ast.ClassDef):
            return UNKNOWN
        following = self.mro(Klass(current.node, current.parent))[1:]
        return Made(following[0], SELF_OF_SUPER, current.parent) if following else UNKNOWN

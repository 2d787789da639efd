"""What has names: modules, classes and objects as ``vars``, ``dir``, ``globals`` and ``inspect.getmembers`` list them."""

from __future__ import annotations

from idem_lint.engine.module_facts import Scope
from idem_lint.engine.records import Records
from idem_lint.engine.scope_lookup import CALLABLE
from idem_lint.engine.value_types import Const, External, Items, Klass, ProjectModule, Table, Value, options

NAMESPACES = frozenset({"dir", "globals", "locals", "vars"})
"""The builtins that list names."""
_IS_CLASS = External("inspect.isclass")


class Namespaces(Records):
    """Lists the names of what has some."""

    def namespace(self, owner: Value) -> Table | None:
        """The names of a module, or of the body of a class, as the dict that they are in; ``None`` where it is neither."""
        if isinstance(owner, Klass):
            names = [name for name in owner.body.bindings if "." not in name]
        elif isinstance(owner, ProjectModule):
            names = self.member_names(owner) or []
        else:
            return None
        return Table(tuple((Const(name), self.attribute(owner, name)) for name in names))

    def members(self, owner: Value, condition: Value | None) -> Value | None:
        """The pairs that ``inspect.getmembers`` gives; with a condition, those that are functions, or classes."""
        names = self.member_names(owner)
        if names is None:
            return None
        kinds = Klass if condition == _IS_CLASS else CALLABLE
        pairs = [(name, self.attribute(owner, name)) for name in names]
        return Items(
            tuple(
                Items((Const(name), value))
                for name, value in pairs
                if condition is None or any(isinstance(option, kinds) for option in options(value))
            )
        )

    def listed(self, function: str, arguments: list[Value], scope: Scope) -> Value | None:
        """What one of :data:`NAMESPACES` gives."""
        if function == "dir":
            names = self.member_names(arguments[0]) if arguments else None
            return Items(tuple(map(Const, names))) if names is not None else None
        if arguments:
            return self.namespace(arguments[0]) or arguments[0]
        is_of_module = function == "globals" or scope.parent is None
        return ProjectModule(scope.module) if is_of_module else None

"""What attributes are: of modules, of classes through their bases, of instances through what made them."""

from __future__ import annotations

import ast
from abc import abstractmethod
from functools import partial
from typing import cast

from idem_lint.engine.environments import ANY_OWNER, ASKED
from idem_lint.engine.module_facts import FunctionNode, Module, Scope, positional, terminal
from idem_lint.engine.scope_lookup import EXACTLY, SELF, Resolver, is_classmethod
from idem_lint.engine.value_types import (
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
    Parameter,
    ProjectModule,
    Table,
    Unknown,
    Value,
    either,
    innermost,
    options,
)

_NAMESPACES = (External("types.SimpleNamespace"), External("argparse.Namespace"))
_PARTIAL_METHOD = External("functools.partialmethod")
_PROPERTIES = frozenset({"property", "cached_property"})
_FIELDS = frozenset(
    {
        "dataclasses.field",
        "attr.ib",
        "attr.attrib",
        "attr.field",
        "attrs.field",
        "pydantic.Field",
        "msgspec.field",
    }
)
_RECORDS = frozenset({"NamedTuple", "BaseModel", "Struct", "SQLModel"})
_RECORD_DECORATORS = frozenset({"dataclass", "define", "frozen", "attrs", "s", "dataclass_transform"})
_OF_SELF = (SELF, EXACTLY)
_FACTORIES = ("default_factory", "factory")


class Attributes(Resolver):
    """Resolves attributes: of modules, classes and instances."""

    @abstractmethod
    def inline(self, callee: Func | Bound, made: Made) -> Value:
        """What a project function returns for these arguments."""

    @abstractmethod
    def arguments(self, function: Func, made: Made, *, bound: bool = True) -> Environment:
        """The environment of a call: each parameter of ``function`` with the value it is given."""

    @abstractmethod
    def method_of_partial(self, partial: Made, instance: Made) -> Value:
        """What a ``functools.partialmethod`` is through an instance."""

    @abstractmethod
    def named_field(self, owner: Made, name: str) -> Value | None:
        """A field of a tuple whose names a call of ``namedtuple`` gives, from the call that made it."""

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
            found = self._instance_attribute(owner, owner.callee, name) or self._added(owner, name)
            found = found or self.named_field(owner, name)
            return found if found is not None else Member(owner, name)
        if isinstance(owner, Const) and name == "value":
            return owner
        if isinstance(owner, Func | Bound | Applied):
            put_on = self.put_on.get(innermost(owner), {}).get(name) or self._set_on(owner, name)
            return put_on if put_on is not None else Member(owner, name)
        if isinstance(owner, Made) and owner.callee in _NAMESPACES:
            given = self._given_to_namespace(owner, name)
            if given is not None:
                return given
        field = (
            self.named_field(owner, name) if isinstance(owner, Made) and type(owner.callee) is Made else None
        )
        return field or self._added(owner, name) or Member(owner, name)

    def _given_to_namespace(self, made: Made, name: str) -> Value | None:
        """An attribute of a namespace, from the call that made it: by its keyword, or in a dict that is spread."""
        for word in made.call.keywords:
            if word.arg in {name, None}:
                value = self.evaluate(word.value, made.scope, made.environment)
                spread = value.get(name) if isinstance(value, Table) else None
                found = value if word.arg == name else spread
                if found is not None:
                    return found
        return None

    def _set_on(self, owner: Func | Bound | Applied, name: str) -> Value | None:
        """What the scope of a function assigns to an attribute of it: ``transfer.methods = ["POST"]``."""
        function = owner.function if isinstance(owner, Bound) else owner
        if not isinstance(function, Func):
            return None
        found = function.scope.bindings.get(f"{function.node.name}.{name}")
        return self.bound(found, function.scope, function.environment, None) if found else None

    def _added(self, owner: Value, name: str) -> Value | None:
        """What the project has put on an object's class, or on another of the same package, which it may extend."""
        if name not in self.added:
            return None
        classes = [each for each in self._classes_of(owner) if isinstance(each, External)]
        for klass, value in self.added[name].items():
            if any(each.name.partition(".")[0] == klass.partition(".")[0] for each in classes):
                return (
                    Bound(value, owner)
                    if isinstance(value, Func)
                    else Unknown(f"`{klass}.{name}` is not followed")
                )
        return None

    def _classes_of(self, owner: Value) -> list[Klass | External]:
        """The class that an object was made of, or that its annotation says, with all that it extends."""
        if isinstance(owner, Parameter):
            return self._base(owner.annotation) if owner.annotation is not None else []
        return self._base(owner.callee) if isinstance(owner, Made) else []

    def read_attribute(self, owner: Value, name: str, environment: Environment) -> Value:
        """The attribute of a value where it is known; else what the environment presumes of any unknown owner."""
        if environment and isinstance(owner, Unknown | Member | Parameter):
            presumed = environment.get((ANY_OWNER, name))
            if presumed is not None:
                return presumed
            if ASKED in environment:
                self.asked.add(name)
        return self.attribute(owner, name)

    def _module_attribute(self, module: Module, name: str) -> Value:
        if name in module.scope.bindings or module.scope.stars:
            value = self.lookup(name, module.scope, {})
            if not isinstance(value, Unknown):
                return value
        child = self.modules.find(f"{module.name}.{name}", module)
        if child is not None:
            return ProjectModule(child)
        lazy = self._lazy(module, name)
        return lazy if lazy is not None else External(f"{module.name}.{name}")

    def _lazy(self, module: Module, name: str) -> Value | None:
        """What the module's own ``__getattr__`` gives for a name (PEP 562)."""
        for binding in module.scope.bindings.get("__getattr__", ()):
            if isinstance(binding.node, ast.FunctionDef) and name != "__getattr__":
                function = Func(binding.node, module.scope)
                given = Known(Const(name), positional(binding.node)[0]) if positional(binding.node) else None
                call = ast.Call(ast.Name("__getattr__"), [given] if given is not None else [], [])
                value = self.inline(function, Made(function, call, module.scope))
                return None if isinstance(value, Unknown) else value
        return None

    def class_attribute(self, klass: Klass, name: str) -> Value | None:
        """A class attribute or method, through the base classes that the project defines."""
        for base in self.mro(klass):
            if isinstance(base, Klass) and name in base.body.bindings:
                return self.bound(base.body.bindings[name], base.body, base.environment, None)
            put_on = self.put_on.get(base.node, {}).get(name) if isinstance(base, Klass) else None
            if put_on is not None:
                return put_on
        return None

    def _instance_attribute(self, made: Made, klass: Klass, name: str) -> Value | None:
        found = self._overridden(made, klass, name)
        methods = (
            [option for option in options(found) if isinstance(option, Func)] if found is not None else []
        )
        if methods:
            return either([self._reached(method, made) for method in methods])
        for base in self.mro(klass):
            if isinstance(base, Klass):
                value = self._assigned_to_self(made, base, name)
                if value is not None:
                    return value
        field = self._field(made, klass, name)
        if field is None and made.call in _OF_SELF and self._is_given(klass, name):
            return None
        if field is None and found is not None:
            return either([self.described(option, made) for option in options(found)])
        return field

    def described(self, value: Value, instance: Made) -> Value:
        """A class attribute through an instance: what a descriptor of the project or a ``partialmethod`` gives."""
        if not isinstance(value, Made):
            return value
        if isinstance(value.callee, External) and value.callee.name in _FIELDS:
            return value if self._is_set_from_outside(instance) else self._default(value)
        getter = self.class_attribute(value.callee, "__get__") if isinstance(value.callee, Klass) else None
        if isinstance(getter, Func):
            return self.inline(Bound(getter, value), Made(getter, SELF, instance.scope))
        return self.method_of_partial(value, instance) if value.callee == _PARTIAL_METHOD else value

    def _is_set_from_outside(self, instance: Made) -> bool:
        """Whether an object holds settings, which are what the environment says when the program starts."""
        bases = self.mro(instance.callee) if isinstance(instance.callee, Klass) else []
        return any(
            isinstance(base, External) and base.name.rpartition(".")[2] == "BaseSettings" for base in bases
        )

    def _default(self, field: Made) -> Value:
        """What a field of a dataclass or model is where nothing is given for it."""
        for word in field.call.keywords:
            if word.arg == "default":
                return self.evaluate(word.value, field.scope, field.environment)
            if word.arg in _FACTORIES:
                call = ast.copy_location(ast.Call(word.value, [], []), word.value)
                return self.evaluate(call, field.scope, field.environment)
        return field

    def _reached(self, method: Func, made: Made) -> Value:
        """A method through an instance; a property is what it returns."""
        if any(terminal(node) in _PROPERTIES for node in method.node.decorator_list):
            return self.inline(Bound(method, made), made)
        return Bound(method, made)

    def _overridden(self, made: Made, klass: Klass, name: str) -> Value | None:
        """A method as an instance has it; through ``self`` that is what the subclasses in the project make of it."""
        heirs = self.heirs.get(klass.node, {}).values() if made.call is SELF else ()
        found = [value for heir in heirs if (value := self.class_attribute(heir, name)) is not None]
        unique = {innermost(option): option for value in found for option in options(value)}
        return either(list(unique.values())) if unique else self.class_attribute(klass, name)

    def _assigned_to_self(self, made: Made, klass: Klass, name: str) -> Value | None:
        written = f"self.{name}"
        node = self._assigning(klass).get(written)
        if node is None:
            return None
        body = klass.module.scopes[node]
        given = self._given_to(Func(node, klass.body), made) if node.name == "__init__" else {}
        value = self.bound(body.bindings[written], body, given, None)
        return self._grown(value, written, body, {}) if isinstance(value, Items | Table) else value

    def _given_to(self, constructor: Func, made: Made) -> Environment:
        """The arguments of a constructor: those of the call, or those that a subclass's own constructor passes on."""
        own = self.class_attribute(made.callee, "__init__") if isinstance(made.callee, Klass) else None
        if not isinstance(own, Func) or own.node is constructor.node:
            return self.arguments(constructor, made) if made.call not in _OF_SELF else {}
        given = self.arguments(own, made) if made.call not in _OF_SELF else {}
        for site in own.module.sites_in(own.body):
            func = site.node.func
            if (
                isinstance(func, ast.Attribute)
                and func.attr == "__init__"
                and isinstance(func.value, ast.Call)
            ):
                return self.arguments(constructor, Made(constructor, site.node, site.scope, given))
        return {}

    def _assigning(self, klass: Klass) -> dict[str, FunctionNode]:
        """The first method of a class that assigns each attribute of ``self``."""
        known = self._assigned.get(klass.node)
        if known is None:
            known = self._assigned[klass.node] = {}
            for node in klass.node.body:
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                    for name in klass.module.scopes[node].bindings:
                        if name.startswith("self."):
                            known.setdefault(name, node)
        return known

    def _is_given(self, klass: Klass, name: str) -> bool:
        """Whether each object is made with a value of its own for an attribute, whatever its default."""
        if name not in self.fields(klass) or klass.node in self.heirs:
            return False
        bases = self.mro(klass)
        return any(
            isinstance(base, External) and base.name.rpartition(".")[2] in _RECORDS for base in bases
        ) or any(
            terminal(node.func if isinstance(node, ast.Call) else node) in _RECORD_DECORATORS
            for base in bases
            if isinstance(base, Klass)
            for node in base.node.decorator_list
        )

    def fields(self, klass: Klass) -> tuple[str, ...]:
        """The annotated names of a class body, those of its bases first: what a dataclass or named tuple is given."""
        return tuple(
            node.target.id
            for base in reversed([base for base in self.mro(klass) if isinstance(base, Klass)])
            for node in base.node.body
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
        )

    def _field(self, made: Made, klass: Klass, name: str) -> Value | None:
        """A field of a dataclass, named tuple or model, from the call that made the instance."""
        fields = self.fields(klass)
        if name not in fields or self.class_attribute(klass, "__init__") is not None:
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
        known = self.answers.get(("mro", klass.node, klass.scope)) if not klass.environment else None
        if known is not None and known.is_settled:
            return cast("list[Klass | External]", known.value)
        meanwhile: list[Klass | External] = [klass]
        find = partial(self._linearized, klass.node, klass.scope)
        answer = self.settled("mro", klass.node, klass.scope, klass.environment, find, meanwhile)
        return answer if isinstance(answer, list) else meanwhile

    def _linearized(self, node: ast.ClassDef, scope: Scope, env: Environment) -> list[Klass | External]:
        klass = Klass(node, scope, env)
        found: list[Klass | External] = [klass]
        for base in klass.node.bases:
            for option in options(self.evaluate(base, klass.scope, klass.environment)):
                found.extend(self._base(option))
        last: dict[object, Klass | External] = {}
        for item in reversed(found):
            last.setdefault(item.node if isinstance(item, Klass) else item, item)
        return [*reversed(last.values())]

    def _base(self, value: Value) -> list[Klass | External]:
        if isinstance(value, Klass):
            return self.mro(value)
        if isinstance(value, Made):
            return self._base(value.callee)
        return [value] if isinstance(value, External) else []


def _through_class(found: Value, owner: Klass) -> Value:
    """A class attribute as the class has it: a class method is bound to the class it was asked of."""
    if any(isinstance(option, Func) and is_classmethod(option.node) for option in options(found)):
        return either(
            [Bound(option, owner) if isinstance(option, Func) else option for option in options(found)]
        )
    return found

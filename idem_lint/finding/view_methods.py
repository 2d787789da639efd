"""Class views: which methods of a class answer POST, in its own body or inherited."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from idem_lint.engine.parameter_binding import methods as methods_of
from idem_lint.engine.value_types import UNKNOWN, Applied, Const, External, Func, Klass, Table, Value, options
from idem_lint.finding.interface import Framework, Methods, Refused, Registration, View

if TYPE_CHECKING:
    from idem_lint.finding.interface import Finder


VERB_METHODS = frozenset(
    {"get", "post", "put", "patch", "delete", "on_get", "on_post", "on_put", "on_patch", "on_delete"}
)


def registrations(finder: Finder, klass: Klass) -> Iterator[Registration]:
    """The handlers of a class, if a framework's view class is among its bases."""
    for framework, view, base in matching(finder, klass):
        found = list(of_view(finder, klass, framework, view, base))
        if framework.view_hook is not None:
            found.extend(framework.view_hook(finder, klass))
        yield from found
        return
    for framework in finder.registry.with_view_hook:
        if framework.view_hook is not None and not framework.views:
            yield from framework.view_hook(finder, klass)


def matching(finder: Finder, klass: Klass) -> Iterator[tuple[Framework, View, str]]:
    """The view kinds a class belongs to, by its bases outside the project; a framework's own classes are no views."""
    for base in finder.evaluator.mro(klass):
        framework, name = _origin(finder, base)
        if framework is None or klass.module.name in framework.packages:
            continue
        for view in framework.views:
            if any(_fits(pattern, name) for pattern in view.bases):
                yield framework, view, name


def _origin(finder: Finder, base: Klass | External) -> tuple[Framework | None, str]:
    """The framework that a class is of, and the class's own name."""
    if isinstance(base, External):
        return finder.registry.by_package(base.name), base.name.rpartition(".")[2]
    return finder.registry.by_generated(base.module.name), base.node.name


def _fits(pattern: str, name: str) -> bool:
    return name.endswith(pattern[1:]) if pattern.startswith("*") else name == pattern


def of_view(
    finder: Finder, klass: Klass, framework: Framework, view: View, base: str
) -> Iterator[Registration]:
    """One registration per handler method of the class and per call that registers the class."""
    for attribute, method in view.handlers.items():
        if not is_allowed(finder, klass, view, method):
            continue
        found = finder.evaluator.class_attribute(klass, attribute)
        if found == Const(None):
            continue
        if found is not None or attribute in provided(finder, klass, view):
            yield from of_attribute(finder, klass, framework.name, view, attribute, frozenset({method}), base)


def of_attribute(
    finder: Finder, klass: Klass, framework: str, view: View, attribute: str, methods: Methods, base: str = ""
) -> Iterator[Registration]:
    """The registrations of one method of a class view; the class itself is the handler where it inherits the method."""
    found = finder.evaluator.class_attribute(klass, attribute)
    own = attribute in klass.body.bindings
    guards = [*class_guards(finder, klass, view, attribute), *(() if own else _method_guards(finder, found))]
    guards.extend(replaced(finder, klass, attribute))
    guards.extend(_method_guards(finder, finder.evaluator.class_attribute(klass, view.dispatch)))
    calls: list[Registration | None] = [*finder.view_calls.get(klass.node, ())]
    refused = tuple(_guards_read_late(finder, klass, view, attribute))
    for call in calls or [None]:
        if call is not None and call.has_methods and not call.methods & {*methods, "*"}:
            continue
        wrapped = [*wrappers(call.target), *call.guards] if call is not None else []
        wrapped.extend(_guards_set_later(finder, klass, view, attribute, call))
        for option in options(found) if own and found is not None else [klass]:
            yield Registration(
                framework=framework,
                target=option if isinstance(finder.definition(option), Func) else klass,
                methods=methods,
                route=call.route if call is not None else None,
                other_routes=call.other_routes if call is not None else (),
                owner=call.owner if call is not None else UNKNOWN,
                node=call.node if call is not None else klass.node,
                scope=call.scope if call is not None else klass.scope,
                evidence="explicit" if own else "inherited",
                guards=(*guards, *wrapped),
                refused=refused,
                klass=klass,
                written=call.written if call is not None else base,
                attribute=attribute,
                advice=view.inherited_advice,
            )


def member(
    finder: Finder, found: Registration, klass: Klass, attribute: str, advice: str = ""
) -> Iterator[Registration]:
    """A registration of a class as one of its method ``attribute``; the class itself where it inherits that."""
    value = finder.evaluator.class_attribute(klass, attribute)
    own = attribute in klass.body.bindings
    guards = [
        *found.guards,
        *(() if own else _method_guards(finder, value)),
        *replaced(finder, klass, attribute),
    ]
    for option in options(value) if own and value is not None else [klass]:
        yield replace(
            found,
            target=option if isinstance(finder.definition(option), Func) else klass,
            klass=klass,
            attribute=attribute,
            guards=tuple(guards),
            evidence=found.evidence if own else "inherited",
            advice=advice,
        )


def is_allowed(finder: Finder, klass: Klass, view: View, method: str) -> bool:
    """Whether the class's own list of methods, if it has one, has this one."""
    if view.allowed not in klass.body.bindings:
        return True
    found = finder.evaluator.class_attribute(klass, view.allowed)
    names, problem = methods_of(found) if found is not None else (frozenset[str](), "")
    return method in names or bool(problem) or found == Const(None)


def replaced(finder: Finder, klass: Klass, attribute: str) -> Iterator[tuple[Value, ast.AST]]:
    """``Transfers.post = money_moving(Transfers.post)``: methods are looked up at each request."""
    for node in _assigned(klass, attribute):
        yield from wrappers(finder.evaluator.evaluate(node, klass.scope, klass.environment))


def _assigned(klass: Klass, attribute: str) -> list[ast.expr]:
    """What is assigned to an attribute of the class below its body."""
    found = klass.scope.bindings.get(f"{klass.node.name}.{attribute}", ())
    return [binding.node for binding in found if isinstance(binding.node, ast.expr)]


def wrappers(target: Value) -> Iterator[tuple[Value, ast.AST]]:
    """The decorators a view was wrapped in where it was registered."""
    while isinstance(target, Applied):
        yield target.decorator, target.node
        target = target.target


def provided(finder: Finder, klass: Klass, view: View) -> set[str]:
    """The handler methods that the framework's own base classes implement."""
    names = {
        base.name.rpartition(".")[2] for base in finder.evaluator.mro(klass) if isinstance(base, External)
    }
    return {attribute for name in names for attribute in view.inherited.get(name, ())}


def class_guards(finder: Finder, klass: Klass, view: View, member: str) -> Iterator[tuple[Value, ast.AST]]:
    """Decorators on the class itself and in its class attributes (``decorators = […]``)."""
    yield from class_decorators(finder, klass, member)
    for attribute in view.guards:
        node = _written(finder, klass, attribute) if attribute in view.late else klass.node
        for guard in _guards_in(finder, finder.evaluator.class_attribute(klass, attribute), view, member):
            yield guard, node


def _written(finder: Finder, klass: Klass, attribute: str) -> ast.AST:
    """Where the class, or the first of its bases that has it, gives an attribute its value."""
    bases = (base for base in finder.evaluator.mro(klass) if isinstance(base, Klass))
    bindings = next((found for base in bases if (found := base.body.bindings.get(attribute))), ())
    return next((binding.node for binding in reversed(bindings) if binding.node is not None), klass.node)


def _guards_read_late(finder: Finder, klass: Klass, view: View, member: str) -> Iterator[Refused]:
    """Decorators that the framework puts around the method at each request, where the runtime looks for no mark."""
    for attribute in view.late:
        given: list[tuple[Value | None, ast.AST]] = [
            (finder.evaluator.class_attribute(klass, attribute), _written(finder, klass, attribute))
        ]
        given.extend(
            (finder.evaluator.evaluate(node, klass.scope, klass.environment), node)
            for node in _assigned(klass, attribute)
        )
        why = f"`{attribute}` is read at each request, where no mark is looked for"
        for value, node in given:
            for guard in _guards_in(finder, value, view, member):
                yield Refused(guard, node, why)


def class_decorators(finder: Finder, klass: Klass, member: str) -> Iterator[tuple[Value, ast.AST]]:
    """Decorators on the class and on its bases, up to the class whose body has the method that they change."""
    for base in finder.evaluator.mro(klass):
        if isinstance(base, Klass):
            for node in base.node.decorator_list:
                yield finder.evaluator.evaluate(node, base.scope, base.environment), node
            if member in base.body.bindings:
                return


def _guards_in(finder: Finder, found: Value | None, view: View, member: str) -> Iterator[Value]:
    if isinstance(found, Table):
        found = found.get(member) if view.keyed else None
    return finder.guard_values(found) if found is not None else iter(())


def _guards_set_later(
    finder: Finder, klass: Klass, view: View, member: str, call: Registration | None
) -> Iterator[tuple[Value, ast.AST]]:
    """``Transfers.decorators = […]``: in time where it stands before the class is registered, or is read late."""
    for attribute in view.guards:
        for node in _assigned(klass, attribute):
            registered = getattr(call.node if call is not None else klass.node, "lineno", 0)
            elsewhere = call is not None and call.scope is not klass.scope
            if attribute in view.late or elsewhere or node.lineno < registered:
                value = finder.evaluator.evaluate(node, klass.scope, klass.environment)
                for guard in _guards_in(finder, value, view, member):
                    yield guard, node


def _method_guards(finder: Finder, found: Value | None) -> Iterator[tuple[Value, ast.AST]]:
    for option in options(found) if found is not None else ():
        yield from wrappers(option)
        definition = finder.definition(option)
        if isinstance(definition, Func):
            for link in finder.links(definition):
                yield link.decorator, link.node

"""ninja-extra: ``@api_controller`` classes with ``@http_post`` and ``@route.post``, and model controllers.

Source: ninja_extra/controllers/base.py (the decorator reads the class once: methods of its own and of its bases),
ninja_extra/controllers/model/builder.py (a ``model_config`` brings ``create`` unless ``allowed_routes`` leave it out).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace
from itertools import takewhile

from idem_lint.engine import parameter_binding
from idem_lint.engine.module_facts import Scope
from idem_lint.engine.parameter_binding import Arguments
from idem_lint.engine.value_types import Const, External, Func, Items, Klass, Made, Value, options
from idem_lint.finding import runtime_adapters, view_methods
from idem_lint.finding.interface import POST, VERBS, Finder, Framework, Registration, Route, View, verbs
from idem_lint.frameworks.django import ninja

_READ = "@api_controller has already read the class"
_GENERIC = Route(needs_path=False)
_VERBS = verbs(needs_path=False)


def _refine(finder: Finder, found: Registration, given: Arguments) -> Iterator[Registration]:
    function = finder.definition(found.target)
    klass = _class_of(function.scope) if isinstance(function, Func) else None
    if klass is None or not isinstance(function, Func):
        yield from ninja.refine(finder, found, given)
    elif _is_controller(finder, klass):
        around = ninja.around_view(finder, found, function)
        yield replace(found, idle=tuple(_too_late(finder, klass, function)), refused=around)
    else:
        yield replace(found, klass=klass)


def _class_of(scope: Scope) -> Klass | None:
    if isinstance(scope.node, ast.ClassDef) and scope.parent is not None:
        return Klass(scope.node, scope.parent)
    return None


def _is_controller(finder: Finder, klass: Klass) -> bool:
    return any(_registers(value) for value, _ in _decorators(finder, klass))


def _registers(value: Value) -> bool:
    callee = value.callee if isinstance(value, Made) else value
    return isinstance(callee, External) and callee.name.endswith(".api_controller")


def _decorators(finder: Finder, klass: Klass) -> Iterator[tuple[Value, ast.AST]]:
    for node in klass.node.decorator_list:
        for value in options(finder.evaluator.evaluate(node, klass.scope, klass.environment)):
            yield value, node


def _too_late(finder: Finder, klass: Klass, function: Func) -> Iterator[tuple[Value, ast.AST, str]]:
    """What stands on the class, or replaces the method, after the controller was made."""
    above = takewhile(lambda pair: not _registers(pair[0]), _decorators(finder, klass))
    for value, node in (*above, *view_methods.replaced(finder, klass, function.node.name)):
        yield value, node, _READ


def _controllers(finder: Finder, scope: Scope) -> Iterator[Registration]:
    """What the controllers of a module inherit."""
    for node, owner in scope.module.classes:
        klass = Klass(node, owner)
        if node.decorator_list and _is_controller(finder, klass):
            yield from _inherited(finder, klass)
            if _creates(finder, klass):
                yield _of_class(finder, klass, "create")


def _inherited(finder: Finder, klass: Klass) -> Iterator[Registration]:
    bases = [base for base in finder.evaluator.mro(klass)[1:] if isinstance(base, Klass)]
    for name in dict.fromkeys(name for base in bases for name in base.body.bindings):
        found = finder.evaluator.class_attribute(klass, name)
        if name in klass.body.bindings or not isinstance(found, Func):
            continue
        for each in finder.decorated(found):
            below = [
                link for position, link in enumerate(finder.links(found)) if position < (each.below or 0)
            ]
            guards = tuple((link.decorator, link.node) for link in below)
            inherited = _of_class(finder, klass, name)
            yield replace(
                inherited, methods=each.methods, route=each.route, guards=(*inherited.guards, *guards)
            )


def _of_class(finder: Finder, klass: Klass, attribute: str) -> Registration:
    """A handler that has no definition in the class: the class stands for it, and carries its mark."""
    return Registration(
        framework=FRAMEWORK.name,
        target=klass,
        methods=POST,
        route=None,
        node=klass.node,
        scope=klass.scope,
        evidence="inherited",
        guards=tuple(_decorators(finder, klass)),
        written="api_controller",
        attribute=attribute,
        advice=f"give `class {{name}}` a `{attribute}` of its own, with @{{mark}} below its @http_post",
    )


def _creates(finder: Finder, klass: Klass) -> bool:
    """Whether a model controller gets its ``create`` from the framework."""
    bases = [base for base in finder.evaluator.mro(klass) if isinstance(base, Klass)]
    names = {name for base in bases for name in base.body.bindings}
    made = [finder.evaluator.class_attribute(klass, name) for name in sorted(names)]
    if any(_is_call(value, "ModelEndpointFactory.create") for value in made):
        return True
    config = finder.evaluator.class_attribute(klass, "model_config")
    return any(_allows_create(finder, option) for option in (options(config) if config is not None else ()))


def _is_call(value: Value | None, name: str) -> bool:
    return isinstance(value, Made) and isinstance(value.callee, External) and value.callee.name.endswith(name)


def _allows_create(finder: Finder, config: Value) -> bool:
    if not isinstance(config, Made) or not _is_call(config, "ModelConfig"):
        return False
    given = parameter_binding.read(config.call, finder.evaluator, config.scope, config.environment)
    allowed = given.keywords.get("allowed_routes")
    return not isinstance(allowed, Items) or not allowed.complete or Const("create") in allowed.items


FRAMEWORK = Framework(
    name="ninja_extra",
    titles=("Django Ninja Extra",),
    adapter=runtime_adapters.DJANGO,
    packages=("ninja_extra",),
    methods={**verbs(), **ninja.OPERATIONS},
    functions={
        **_VERBS,
        **{f"http_{verb}": _VERBS[verb] for verb in VERBS},
        "generic": _GENERIC,
        "http_generic": _GENERIC,
    },
    views=(View(bases=("ControllerBase", "ModelControllerBase"), handlers={}),),
    refine=_refine,
    module_hook=_controllers,
    router_guards=ninja.router_guards,
    prefixes=ninja.PREFIXES,
    tokens=("ninja_extra", "api_controller", "http_post"),
)

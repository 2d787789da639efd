"""Falcon: ``add_route`` with any object that has ``on_post`` (or ``on_post_SUFFIX``), and sinks.

Source: falcon/routing/util.py (responders are found by name, when ``add_route`` runs), falcon/app.py (a sink answers
any method; ``router_options.default_to_on_request`` lets ``on_request`` answer what has no responder).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from idem_lint.engine import parameter_binding
from idem_lint.engine.module_facts import positional
from idem_lint.engine.value_types import Func, Klass, Made, ProjectModule, Value, options
from idem_lint.finding import view_methods
from idem_lint.finding.interface import ANY, ON_CLASS, POST, Framework, Registration, Route, Slot

if TYPE_CHECKING:
    from idem_lint.engine.parameter_binding import Arguments
    from idem_lint.finding.interface import Finder

_RESPONDERS = (("on_post", POST), ("on_request", ANY))
# What a mark on the class goes to (``idem_runtime.class_marks``).
_MARKED_WITH_CLASS = "on_post"


def _refine(finder: Finder, found: Registration, given: Arguments) -> Iterator[Registration]:
    if found.written == "add_sink":
        yield found
        return
    suffix = parameter_binding.text(given.keywords.get("suffix"))
    ending = f"_{suffix}" if suffix else ""
    for option in options(found.target):
        yield from _resource(finder, replace(found, target=option, attribute=ending))


def _resource(finder: Finder, found: Registration) -> Iterator[Registration]:
    resource = found.target
    klass = resource.callee if isinstance(resource, Made) else resource
    if isinstance(klass, Klass):
        finder.view_calls.setdefault(klass.node, []).append(found)
        return
    for name, methods in _RESPONDERS:
        responder = _attribute(finder, found, name + found.attribute)
        if responder is not None:
            yield replace(found, target=responder, methods=methods, evidence="explicit", attribute="")
            return
    if not isinstance(resource, ProjectModule):
        yield found


def _attribute(finder: Finder, found: Registration, name: str) -> Value | None:
    """A responder of a module, or one that was put on the object under its local name before it was registered."""
    if isinstance(found.target, ProjectModule):
        has_it = name in found.target.module.scope.bindings
        return finder.evaluator.attribute(found.target, name) if has_it else None
    return next((value for value, _ in _put(finder, found, name)), None)


def _put(finder: Finder, found: Registration, name: str) -> Iterator[tuple[Value, ast.AST]]:
    """What ``resource.on_post = …`` puts on the object before the call that registers it."""
    call = found.node if isinstance(found.node, ast.Call) else ast.Call(ast.Name(""), [], [])
    for node in (*call.args[1:2], *(word.value for word in call.keywords)):
        bindings = found.scope.bindings.get(f"{node.id}.{name}", ()) if isinstance(node, ast.Name) else ()
        for binding in bindings:
            if isinstance(binding.node, ast.expr) and binding.line < call.lineno:
                yield finder.evaluator.evaluate(binding.node, found.scope), binding.node


def _view_hook(finder: Finder, klass: Klass) -> Iterator[Registration]:
    calls = [call for call in finder.view_calls.get(klass.node, ()) if call.framework == "falcon"]
    for call in calls:
        for name, methods in _RESPONDERS:
            if finder.evaluator.class_attribute(klass, name + call.attribute) is not None:
                yield from _responder(finder, klass, call, name + call.attribute, methods)
                break
    if not calls and klass.node not in finder.extended:
        yield from _by_signature(finder, klass)


def _responder(
    finder: Finder, klass: Klass, call: Registration, name: str, methods: frozenset[str]
) -> Iterator[Registration]:
    """One responder of a registered resource; what is put on the class after ``add_route`` comes too late."""
    put = [part for value, _ in _put(finder, call, name) for part in view_methods.wrappers(value)]
    late = [id(node) for _, node in view_methods.replaced(finder, klass, name) if _is_after(node, call)]
    if name.startswith(_MARKED_WITH_CLASS):
        put.extend(view_methods.class_decorators(finder, klass, name))
    bound = replace(call, methods=methods, evidence="explicit", guards=tuple(put))
    for found in view_methods.member(finder, bound, klass, name, ON_CLASS):
        yield replace(found, guards=tuple(guard for guard in found.guards if id(guard[1]) not in late))


def _is_after(node: ast.AST, call: Registration) -> bool:
    return getattr(node, "lineno", 0) > getattr(call.node, "lineno", 0)


def _by_signature(finder: Finder, klass: Klass) -> Iterator[Registration]:
    """A resource that no call in sight registers, told by its responders' names and parameters."""
    if not any(name.partition(".")[0] == "falcon" for name in klass.module.imports):
        return
    for name in klass.body.bindings:
        found = finder.evaluator.class_attribute(klass, name)
        if name.startswith("on_post") and isinstance(found, Func) and len(positional(found.node)) > 2:
            yield Registration(
                "falcon", found, POST, None, klass.node, klass.scope, klass=klass, attribute=name
            )


FRAMEWORK = Framework(
    name="falcon",
    titles=("Falcon",),
    packages=("falcon", "falcon_multipart", "falcon_cors"),
    methods={
        "add_route": Route(fixed=ANY, target=Slot(1, ("resource",)), path=Slot(0, ("uri_template",))),
        "add_sink": Route(fixed=ANY, target=Slot(0, ("sink",)), path=Slot(1, ("prefix",))),
    },
    view_hook=_view_hook,
    refine=_refine,
    duck_prefixes=("on_post", "on_request"),
    tokens=("on_post", "on_request"),
)

"""What is added to a gRPC server: ``add_XServicer_to_server`` takes any object with the service's methods."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import replace

from idem_lint.engine.module_facts import CallSite, FunctionNode, Module, Scope, terminal
from idem_lint.engine.value_types import (
    UNKNOWN,
    Bound,
    External,
    Func,
    Klass,
    Made,
    Parameter,
    Value,
    options,
)
from idem_lint.finding.interface import POST, Finder, Registration
from idem_lint.finding.modules_in_view import modules
from idem_lint.frameworks.grpc.servicers import (
    NAME,
    Service,
    full_name,
    functions,
    is_generated,
    methods,
    services_of,
    streaming,
)

_ADD = re.compile(r"add_(\w+)Servicer_to_server")
_UNKNOWN_SERVICER = "its servicer cannot be told from the source"


def module_hook(finder: Finder, scope: Scope) -> Iterator[Registration]:
    """The servicers that are known by their base's name alone, or because a server is given them."""
    if not is_generated(scope.module):
        yield from _by_name(finder, scope.module)
        if b"Servicer_to_server" in scope.module.source:
            yield from _added(finder, scope.module)


def _by_name(finder: Finder, module: Module) -> Iterator[Registration]:
    """Servicers whose base is not to be found, or not by its import: made at run time, part of a package, re-exported."""
    for node, scope in module.classes:
        klass = Klass(node, scope)
        services = list(services_of(finder, klass))
        if not services:
            for service in list(_unknown_services(finder, klass))[:1]:
                yield from methods(finder, klass, service)


def _unknown_services(finder: Finder, klass: Klass) -> Iterator[Service]:
    for each in [each for each in finder.evaluator.mro(klass) if isinstance(each, Klass)]:
        for base in each.node.bases:
            name = terminal(base)
            if name.endswith("Servicer") and not isinstance(
                finder.evaluator.evaluate(base, each.scope), Klass
            ):
                yield Service(name.removesuffix("Servicer"), None)


def _added(finder: Finder, module: Module) -> Iterator[Registration]:
    """Objects given to ``add_XServicer_to_server``; those without the generated base are servicers by that alone."""
    for statement in module.statements:
        for node in ast.walk(statement.node):
            for add, given in _pairs(node):
                site = CallSite(node, statement.scope) if isinstance(node, ast.Call) else None
                yield from _of_addition(finder, statement.scope, add, given, site)


def _pairs(node: ast.AST) -> Iterator[tuple[ast.expr, list[ast.expr]]]:
    """``add_XServicer_to_server`` and what stands beside it: its arguments, or the rest of a row of a table."""
    if isinstance(node, ast.Call):
        given = [*node.args, *(word.value for word in node.keywords)]
        yield from ((add, given) for add in (node.func, *given) if _ADD.fullmatch(terminal(add)))
    elif isinstance(node, ast.Tuple | ast.List):
        yield from ((add, node.elts) for add in node.elts if _ADD.fullmatch(terminal(add)))
    elif isinstance(node, ast.Dict):
        for key, value in zip(node.keys, node.values, strict=True):
            row = [each for each in (key, value) if each is not None]
            yield from ((add, row) for add in row if _ADD.fullmatch(terminal(add)))


def _of_addition(
    finder: Finder, scope: Scope, add: ast.expr, given: list[ast.expr], site: CallSite | None
) -> Iterator[Registration]:
    service = _service_of(finder.evaluator.evaluate(add, scope), terminal(add))
    values = [finder.evaluator.evaluate(node, scope) for node in given if node is not add]
    resolved = [each for value in values for each in _resolved(finder, value, site)]
    for value, place in resolved:
        klass = _class_of(value)
        if isinstance(klass, Klass):
            if place is not None:
                found = Registration(NAME, klass, POST, None, place.node, place.scope, is_rpc=True)
                finder.view_calls.setdefault(klass.node, []).append(found)
            if not any(True for _ in services_of(finder, klass)):
                yield from (replace(each, klass=None) for each in methods(finder, klass, service))
    first = [_class_of(value) for value, _ in (_resolved(finder, values[0], site) if values else ())]
    if not any(isinstance(each, Klass | External) for each in first) and site is not None:
        if site.node.func is add and not _is_implemented(finder, scope.module, service.name):
            yield Registration(
                NAME, UNKNOWN, frozenset(), None, site.node, scope, problem=_UNKNOWN_SERVICER, is_rpc=True
            )


def _class_of(value: Value) -> Value | None:
    """The class of an object: that it is made from, or that a parameter is annotated with."""
    return (
        value.callee
        if isinstance(value, Made)
        else value.annotation
        if isinstance(value, Parameter)
        else None
    )


def _is_implemented(finder: Finder, here: Module, service: str) -> bool:
    """Whether a class of the project has the service's generated class among its bases."""
    name = f"{service}Servicer"
    candidates = [module for module in modules(finder, here) if name.encode() in module.source]
    return any(
        terminal(base) == name
        for module in candidates
        if not is_generated(module)
        for node, _ in module.classes
        for base in node.bases
    )


def _service_of(add: Value, name: str) -> Service:
    """The service that an ``add_XServicer_to_server`` is for, with its methods where the project has the module."""
    service = _ADD.sub(r"\1", name)
    beside = add.scope.bindings.get(f"{service}Servicer", ()) if isinstance(add, Func) else ()
    classes = [binding.node for binding in beside if isinstance(binding.node, ast.ClassDef)]
    if not isinstance(add, Func):
        return Service(service, None)
    module = add.scope.module
    known = functions(classes[-1]) if classes else None
    return Service(service, known, full_name(module, service), streaming(module, service))


def _resolved(finder: Finder, value: Value, site: CallSite | None) -> Iterator[tuple[Value, CallSite | None]]:
    """What is given, and where: a parameter is what the module's calls of that function give for it."""
    for option in options(value):
        yield option, site
        if isinstance(option, Parameter) and isinstance(option.scope.node, FunctionNode):
            for call in _calls(finder, option.scope.module, option.scope.node.name):
                yield from ((given, call) for given in _given(finder, option, option.scope.node, call))


def _calls(finder: Finder, here: Module, name: str) -> Iterator[CallSite]:
    word = name.encode()
    for module in modules(finder, here):
        if word in module.source:
            yield from (site for site in module.sites(frozenset([word])) if terminal(site.node.func) == name)


def _given(finder: Finder, parameter: Parameter, function: FunctionNode, call: CallSite) -> Iterator[Value]:
    callee = finder.evaluator.evaluate(call.node.func, call.scope)
    owner = callee.function if isinstance(callee, Bound) else callee
    if isinstance(owner, Func) and owner.node is function:
        made = Made(callee, call.node, call.scope)
        env = finder.evaluator.arguments(owner, made, bound=isinstance(callee, Bound))
        yield env.get((id(function), parameter.name), UNKNOWN)

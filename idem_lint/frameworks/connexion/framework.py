"""Connexion: functions that an OpenAPI document names, resolvers that find them by path, and Flask's own routes.

Source: connexion/resolver.py (``operationId``, ``x-openapi-router-controller``, ``RestyResolver``, ``MethodResolver``,
``MethodViewResolver``), connexion/apps/abstract.py (``add_api``). Functions are looked up at the first request.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from idem_lint.engine import parameter_binding
from idem_lint.engine.module_facts import Module
from idem_lint.engine.parameter_binding import Arguments
from idem_lint.engine.value_types import (
    UNKNOWN,
    Const,
    External,
    Klass,
    Made,
    Member,
    ProjectModule,
    Table,
    Unknown,
    Value,
    options,
)
from idem_lint.finding import view_methods
from idem_lint.finding.interface import ANY, POST, Registration, Route, Slot
from idem_lint.frameworks.connexion import documents, paths
from idem_lint.frameworks.connexion.documents import Operation
from idem_lint.frameworks.flask import framework as flask
from idem_lint.source.documents import is_document

if TYPE_CHECKING:
    from idem_lint.finding.interface import Finder

_RESOLVER = Slot(None, ("resolver",))
_FIRST = Slot(0, ("default_module_name", "root_path"))
_APIS = frozenset({"AioHttpApi", "FlaskApi"})
"""What ``add_api`` makes, where a project makes it itself and registers its blueprint."""
_CLASS_RESOLVERS = frozenset({"MethodResolver", "MethodViewResolver"})
_UNREAD = "it comes from an OpenAPI document that cannot be read"


def refine(finder: Finder, found: Registration, given: Arguments) -> Iterator[Registration]:
    """One registration for each POST operation of the document."""
    if found.written != "add_api" and found.written not in _APIS:
        yield from flask.refine(finder, found, given)
        return
    resolver = given.get(_RESOLVER)
    kind, root = _resolver(
        finder, resolver if resolver is not None else _of_app(found.owner, "resolver", finder)
    )
    for document in options(found.target):
        operations = _operations(finder, document, found)
        if operations is None or kind == "":
            problem = _UNREAD if operations is None else "its resolver is the project's own"
            yield replace(found, target=UNKNOWN, methods=frozenset(), evidence="explicit", problem=problem)
            continue
        for operation in operations:
            if operation.method == "post":
                yield from _operation(finder, replace(found, route=operation.path), operation, kind, root)


def _operation(
    finder: Finder, found: Registration, operation: Operation, kind: str, root: str
) -> Iterator[Registration]:
    name = _name(operation, kind, root)
    post = replace(found, methods=POST, evidence="explicit", has_methods=True)
    head, _, method = name.rpartition(".")
    is_method = kind in _CLASS_RESOLVERS and head.endswith("View")
    for target in options(_resolved(finder, head if is_method else name, found.scope.module)):
        if isinstance(target, Unknown):
            problem = f"`{name}` of its OpenAPI document is not in the project"
            yield replace(post, target=target, problem=problem)
        elif is_method and isinstance(target, Klass) and kind == "MethodResolver":
            yield from view_methods.member(finder, post, target, method)
        else:
            yield replace(post, target=target)


def _name(operation: Operation, kind: str, root: str) -> str:
    """The dotted name of an operation's function."""
    if operation.operation_id:
        if operation.controller:
            return f"{operation.controller}.{operation.operation_id}"
        return f"{root}.{operation.operation_id}" if kind == "RelativeResolver" else operation.operation_id
    parts = [part for part in operation.path.split("/") if part and not (part[0] == "{" and part[-1] == "}")]
    resource = ".".join(parts).replace("-", "_")
    head = operation.controller or ".".join(part for part in (root, resource) if part)
    if kind in _CLASS_RESOLVERS:
        module, _, last = head.rpartition(".")
        head = f"{module}.{_camel(last)}View"
    return f"{head}.{operation.method}"


def _camel(word: str) -> str:
    return re.sub(r"(?:^|_)(.)", lambda match: match.group(1).upper(), word)


def _resolver(finder: Finder, value: Value | None) -> tuple[str, str]:
    """The kind of a resolver and the module it starts from; no kind where the project wrote its own."""
    for option in options(value) if value is not None else ():
        if isinstance(option, Made):
            given = parameter_binding.read(option.call, finder.evaluator, option.scope, option.environment)
            root = given.get(_FIRST)
            name = root.module.name if isinstance(root, ProjectModule) else parameter_binding.text(root) or ""
            return _kind(finder, option.callee), name
        if option != Const(None):
            return "", ""
    return "Resolver", ""


def _kind(finder: Finder, callee: Value) -> str:
    bases = finder.evaluator.mro(callee) if isinstance(callee, Klass) else [callee]
    own = any(
        name.startswith("resolve") and not _goes_on(base, name)
        for base in bases
        if isinstance(base, Klass)
        for name in base.body.bindings
    )
    names = [base.name.rpartition(".")[2] for base in bases if isinstance(base, External)]
    return "" if own or not names else names[0]


def _goes_on(klass: Klass, name: str) -> bool:
    """Whether a resolver's own ``resolve`` asks for the function as the resolver that it extends does, be it later."""
    asked = (
        node.attr
        for binding in klass.body.bindings[name]
        for node in ast.walk(binding.node or ast.Pass())
        if isinstance(node, ast.Attribute)
    )
    return name == "resolve" and not {"resolve", "resolve_operation_id"}.isdisjoint(asked)


def _of_app(owner: Value, keyword: str, finder: Finder) -> Value | None:
    """What the application was given when it was made."""
    for option in options(owner):
        if isinstance(option, Made):
            return parameter_binding.read(
                option.call, finder.evaluator, option.scope, option.environment
            ).keywords.get(keyword)
    return None


def _resolved(finder: Finder, dotted: str, module: Module) -> Value:
    """A dotted name as ``import`` and attributes reach it."""
    parts = dotted.split(".")
    for cut in range(len(parts) - 1, 0, -1):
        found = finder.evaluator.modules.find(".".join(parts[:cut]), module)
        if found is not None:
            value: Value = ProjectModule(found)
            for name in parts[cut:]:
                value = finder.evaluator.attribute(value, name)
            return UNKNOWN if isinstance(value, External | Member) else value
    return UNKNOWN


def _operations(finder: Finder, document: Value, found: Registration) -> list[Operation] | None:
    if isinstance(document, Table):
        return list(documents.operations(paths.plain(document), Path()))
    name = paths.path(finder, document)
    if name is None:
        return None
    folder = paths.path(finder, _of_app(found.owner, "specification_dir", finder) or UNKNOWN) or ""
    for path in paths.places(finder, found.scope.module, name, folder):
        if is_document(path):
            return documents.read(path)
    return None


_DOCUMENT = Route(fixed=ANY, path=Slot(None), target=Slot(0, ("specification",)), needs_path=False)
_FLASK = flask.flask_like("connexion", ("connexion",), ("Connexion",), adapter=None, add_api=_DOCUMENT)
FRAMEWORK = replace(
    _FLASK,
    functions=dict.fromkeys(_APIS, _DOCUMENT),
    refine=refine,
    tokens=(*_FLASK.tokens, "connexion"),
)

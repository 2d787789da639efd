"""Flask: applications, blueprints, ``add_url_rule``, class views, rules and functions that meet by name.

Source: flask/sansio/app.py (``view_func.methods``, default GET, ``required_methods``), flask/view_methods.py,
werkzeug/middleware/dispatcher.py (``mounts``: applications by their prefixes). What stands on
Flask or copies it (Quart, flask-smorest, APIFlask) declares the same tables under its own name.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from idem_lint.engine import parameter_binding
from idem_lint.engine.parameter_binding import Arguments
from idem_lint.engine.value_types import Const, External, Func, Klass, Made, Value, options
from idem_lint.finding import runtime_adapters, view_methods
from idem_lint.finding.interface import (
    GET,
    ON_VIEW_CLASS,
    VERBS,
    Framework,
    Include,
    Methods,
    Prefixes,
    Registration,
    Route,
    Slot,
    View,
    verbs,
)
from idem_lint.frameworks.flask import endpoints

if TYPE_CHECKING:
    from idem_lint.finding.interface import Finder
    from idem_lint.finding.runtime_adapters import RuntimeAdapter

_METHODS = Slot(None, ("methods",))
_EVERY: Methods = frozenset(verb.upper() for verb in VERBS)
VIEW = View(
    bases=("View",),
    handlers={},
    guards=("decorators",),
    inherited_advice=ON_VIEW_CLASS,
)
METHOD_VIEW = View(
    bases=("MethodView", "MethodResource"),
    guards=("decorators",),
    allowed="methods",
    dispatch="dispatch_request",
)


def refine(finder: Finder, found: Registration, given: Arguments) -> Iterator[Registration]:
    """The methods of the view where the rule has none, and what ``view_functions`` puts in the view's place."""
    if found.written == "endpoint":
        yield from endpoints.by_name(finder, found, given)
        return
    value = given.get(_METHODS)
    said = replace(found, has_methods=False) if value == Const(None) else found
    if not said.has_methods and given.complete:
        said = _of_view(finder, said)
    required = _attribute(finder, said.target, "required_methods")
    if required is not None and "*" not in said.methods:
        said = replace(said, methods=said.methods | parameter_binding.methods(required)[0])
    yield from endpoints.with_replacements(finder, said, given)


def _of_view(finder: Finder, found: Registration) -> Registration:
    value = _attribute(finder, found.target, "methods")
    if value is None or value == Const(None):
        return found
    methods, problem = parameter_binding.methods(value)
    return replace(found, methods=methods, problem=problem)


def _attribute(finder: Finder, target: Value, name: str) -> Value | None:
    """An attribute of a function or callable object that serves as a view."""
    for option in options(target):
        definition = finder.definition(option)
        if isinstance(definition, Func):
            found = definition.scope.bindings.get(f"{definition.node.name}.{name}")
            if found:
                return finder.evaluator.bound(found, definition.scope, definition.environment, None)
        if isinstance(option, Made) and isinstance(option.callee, Klass):
            return finder.evaluator.class_attribute(option.callee, name)
    return None


def plain_views(finder: Finder, klass: Klass) -> Iterator[Registration]:
    """``dispatch_request`` of a ``View``: its methods are the rule's, else the class's, else GET."""
    if any(
        isinstance(base, External) and base.name.endswith(".MethodView")
        for base in finder.evaluator.mro(klass)
    ):
        return
    if finder.evaluator.class_attribute(klass, "dispatch_request") is None:
        return
    calls = {id(call.node): call for call in finder.view_calls.get(klass.node, ())}
    own = finder.evaluator.class_attribute(klass, "methods")
    methods, problem = (GET, "") if own is None or own == Const(None) else parameter_binding.methods(own)
    for each in view_methods.of_attribute(finder, klass, "flask", VIEW, "dispatch_request", _EVERY, "View"):
        call = calls.get(id(each.node))
        if call is not None and call.has_methods:
            yield replace(each, methods=call.methods, problem=call.problem)
        else:
            yield replace(each, methods=methods, problem=problem)


_BLUEPRINTS = ("Blueprint", "APIBlueprint")
_URL_PREFIX = Slot(5, ("url_prefix",))
PREFIXES = Prefixes(
    own=dict.fromkeys(_BLUEPRINTS, _URL_PREFIX),
    applications=frozenset({"Flask", "Quart", "APIFlask", "OpenAPI", "current_app", "DispatcherMiddleware"}),
    methods={
        "register_blueprint": Include(
            router=Slot(0, ("blueprint", "blp")), prefix=Slot(None, ("url_prefix",)), replaces=_BLUEPRINTS
        )
    },
    functions={
        "DispatcherMiddleware": Include(router=Slot(0, ("app",)), parent="result", table=Slot(1, ("mounts",)))
    },
)


def flask_like(
    name: str,
    packages: tuple[str, ...],
    titles: tuple[str, ...],
    *,
    adapter: RuntimeAdapter | None = runtime_adapters.FLASK,
    **more: Route,
) -> Framework:
    """Flask's tables for a framework of another name; ``more`` are its own route methods."""
    return Framework(
        name=name,
        titles=titles,
        adapter=adapter,
        packages=packages,
        methods={
            **verbs(),
            "route": Route(),
            "add_url_rule": Route(target=Slot(2, ("view_func",)), path=Slot(0, ("rule",))),
            "endpoint": Route(path=Slot(None), needs_path=False),
            **more,
        },
        views=(METHOD_VIEW, VIEW),
        view_hook=plain_views,
        refine=refine,
        module_hook=endpoints.assigned,
        tokens=(
            *("view_functions", "MethodView", r"flask\.views", r"quart\.views", r"\.endpoint\("),
            *("register_blueprint", "DispatcherMiddleware"),
        ),
        prefixes=PREFIXES,
    )


FRAMEWORK = flask_like(
    "flask",
    ("flask", "flask_login", "werkzeug", "flask_api", "flask_apispec", "flask_lambda"),
    ("Flask", "flask-apispec"),
)

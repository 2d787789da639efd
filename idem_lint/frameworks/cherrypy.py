"""CherryPy: exposed methods, which answer every method, and the ``POST`` of an exposed class.

Source: cherrypy/_helper.py (``expose`` notes an attribute), cherrypy/_cpdispatch.py (``MethodDispatcher`` calls the methods
that have HTTP's names in capitals), cherrypy/lib/cptools.py (``allow`` restricts the methods).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from idem_lint.engine import parameter_binding
from idem_lint.engine.value_types import Const, External, Func, Klass, Made, Table, Value
from idem_lint.finding import view_methods
from idem_lint.finding.interface import ANY, GET, POST, Framework, Registration, Route, Slot

if TYPE_CHECKING:
    from idem_lint.engine.module_facts import Scope
    from idem_lint.engine.parameter_binding import Arguments
    from idem_lint.finding.interface import Finder

_METHOD = "POST"
_ALLOW = "cherrypy.tools.allow"
_ALLOWED = Slot(0, ("methods",))


def _refine(finder: Finder, found: Registration, _given: Arguments) -> Iterator[Registration]:
    """A function with the methods that ``tools.allow`` leaves it; an exposed class is :func:`_view_hook`'s."""
    function = finder.definition(found.target)
    if isinstance(function, Func):
        yield _restricted(finder, found, function)


def _restricted(finder: Finder, found: Registration, function: Func) -> Registration:
    for link in finder.links(function):
        made = link.decorator
        if isinstance(made, Made) and isinstance(made.callee, External) and made.callee.name == _ALLOW:
            value = parameter_binding.of(made, finder.evaluator).get(_ALLOWED)
            return _with_methods(found, value)
    value = _configured(finder, function)
    return _with_methods(found, value) if value is not None else found


def _configured(finder: Finder, function: Func) -> Value | None:
    """The methods that ``_cp_config`` of the class leaves."""
    if not isinstance(function.scope.node, ast.ClassDef) or function.scope.parent is None:
        return None
    klass = Klass(function.scope.node, function.scope.parent)
    table = finder.evaluator.class_attribute(klass, "_cp_config")
    return table.get("tools.allow.methods") if isinstance(table, Table) else None


def _with_methods(found: Registration, value: Value | None) -> Registration:
    methods, problem = parameter_binding.methods(value) if value is not None else (GET, "")
    return replace(found, methods=methods, problem=problem, evidence="explicit")


def _view_hook(finder: Finder, klass: Klass) -> Iterator[Registration]:
    """The ``POST`` of a class in a module that imports CherryPy: the configuration that dispatches to it may be a file."""
    if not any(name.partition(".")[0] == "cherrypy" for name in klass.module.imports):
        return
    if finder.evaluator.class_attribute(klass, _METHOD) is not None:
        found = Registration("cherrypy", klass, POST, None, klass.node, klass.scope, written="expose")
        yield from view_methods.member(finder, found, klass, _METHOD)


def _exposed_later(finder: Finder, scope: Scope) -> Iterator[Registration]:
    """``transfer.exposed = True`` below the method."""
    for node, owner in scope.module.classes:
        body = Klass(node, owner).body
        for name in [name for name in body.bindings if name.endswith(".exposed")]:
            value = finder.evaluator.bound(body.bindings[name], body, {}, None)
            target = finder.evaluator.lookup(name.removesuffix(".exposed"), body, {})
            function = finder.definition(target)
            if value == Const(value=True) and isinstance(function, Func):
                found = Registration(
                    *("cherrypy", target, ANY, None, body.bindings[name][-1].node or node, body),
                    evidence="any-method",
                    written="exposed",
                    deferred=True,
                )
                yield _restricted(finder, found, function)


FRAMEWORK = Framework(
    name="cherrypy",
    packages=("cherrypy",),
    titles=("CherryPy",),
    functions={"expose": Route(fixed=ANY, path=Slot(None), needs_path=False, bare=True, deferred=True)},
    refine=_refine,
    view_hook=_view_hook,
    module_hook=_exposed_later,
    duck_prefixes=(_METHOD,),
    tokens=("cherrypy",),
    local=frozenset({"expose"}),
)

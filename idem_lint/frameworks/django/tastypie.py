"""Tastypie: resources, and the methods of a resource that its own URLs name.

Source: tastypie/resources.py (POST to the list runs ``post_list``, which calls ``obj_create``; ``post_detail`` is not
implemented unless the resource does it; ``Meta`` says the methods; ``wrap_view`` finds a method by its name, which
answers whatever ``method_check`` lets through), tastypie/authorization.py (without ``Meta.authorization`` the library's own
``obj_create`` is refused).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from idem_lint.engine import parameter_binding
from idem_lint.engine.parameter_binding import methods as methods_of
from idem_lint.engine.value_types import Const, Func, Klass, Value, options
from idem_lint.finding import view_methods
from idem_lint.finding.interface import ANY, POST, Framework, Methods, Registration, Slot, View

if TYPE_CHECKING:
    from idem_lint.finding.interface import Finder

# The first of these that a resource has answers POST to its list, and to one object.
_LIST = ("post_list", "obj_create")
_DETAIL = ("post_detail",)
_ALLOWED = {_LIST: "list_allowed_methods", _DETAIL: "detail_allowed_methods"}
_RESOURCE = View(bases=("*Resource",), handlers={}, inherited_advice="")
_VIEW = Slot(0, ("view",))
_CHECKED = Slot(1, ("allowed",))


def _view_hook(finder: Finder, klass: Klass) -> Iterator[Registration]:
    for names, allowed in _ALLOWED.items():
        own = next(
            (name for name in names if finder.evaluator.class_attribute(klass, name) is not None), None
        )
        if own is None and names is _LIST and _may_create(finder, klass):
            own = "obj_create"
        if own is not None and _answers_post(finder, klass, allowed):
            yield from view_methods.of_attribute(finder, klass, "tastypie", _RESOURCE, own, POST, "Resource")
    yield from _wrapped(finder, klass)


def _meta(finder: Finder, klass: Klass, name: str) -> Value | None:
    meta = finder.evaluator.class_attribute(klass, "Meta")
    return finder.evaluator.class_attribute(meta, name) if isinstance(meta, Klass) else None


def _answers_post(finder: Finder, klass: Klass, allowed: str) -> bool:
    value = _meta(finder, klass, allowed) or _meta(finder, klass, "allowed_methods")
    names, problem = methods_of(value) if value is not None else (POST, "")
    return "POST" in names or bool(problem)


def _may_create(finder: Finder, klass: Klass) -> bool:
    """Whether the library's own ``obj_create`` of a model resource is permitted."""
    return _meta(finder, klass, "authorization") is not None and _meta(finder, klass, "queryset") is not None


def _wrapped(finder: Finder, klass: Klass) -> Iterator[Registration]:
    """``self.wrap_view("refund")`` in the methods of the class."""
    for site in klass.module.sites([b"wrap_view"]):
        around = site.scope.parent
        func = site.node.func
        if around is None or around.node is not klass.node or not isinstance(func, ast.Attribute):
            continue
        given = parameter_binding.read(site.node, finder.evaluator, site.scope, klass.environment)
        name = parameter_binding.text(given.get(_VIEW)) if func.attr == "wrap_view" else None
        value = finder.evaluator.class_attribute(klass, name) if name is not None else None
        for option in options(value) if value is not None else ():
            function = finder.definition(option)
            if name is not None and isinstance(function, Func):
                yield from _named(finder, klass, name, _checked(finder, function))


def _named(finder: Finder, klass: Klass, name: str, methods: Methods) -> Iterator[Registration]:
    for found in view_methods.of_attribute(finder, klass, "tastypie", _RESOURCE, name, methods, "wrap_view"):
        yield replace(found, evidence="any-method") if methods == ANY else found


def _checked(finder: Finder, function: Func) -> Methods:
    """The methods that ``self.method_check(request, allowed=[…])`` at the head of a method lets through."""
    for site in function.module.sites([b"method_check"]):
        if site.scope is function.body:
            given = parameter_binding.read(site.node, finder.evaluator, site.scope, function.environment)
            value = given.get(_CHECKED)
            names, problem = methods_of(value or Const(None))
            return ANY if problem else names
    return ANY


FRAMEWORK = Framework(
    name="tastypie",
    titles=("Tastypie",),
    packages=("tastypie",),
    views=(_RESOURCE,),
    view_hook=_view_hook,
    tokens=("tastypie",),
)

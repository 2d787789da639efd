"""Wagtail: pages that serve requests themselves, their routes, and form pages.

Source: wagtail/views.py (a page's ``serve`` answers every method that ``allowed_http_methods`` has), wagtail/contrib/
routable_page/models.py (``path`` and ``re_path`` keep the function below them), wagtail/contrib/forms/models.py (``serve``
hands a form that was posted to ``process_form_submission``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from idem_lint.engine.value_types import Const, External, Func, Items, Klass, Value, options
from idem_lint.finding import view_methods
from idem_lint.finding.interface import ANY, POST, Framework, Methods, Registration, Route, Slot, View
from idem_lint.frameworks.django.view_inheritance import allowed, narrowed

if TYPE_CHECKING:
    from idem_lint.engine.parameter_binding import Arguments
    from idem_lint.finding.interface import Finder

_FORMS = ("AbstractForm", "AbstractEmailForm", "FormMixin", "EmailFormMixin")
_SUBMISSION = "process_form_submission"
_PAGE = View(bases=("*Page", "RoutablePageMixin", *_FORMS), handlers={}, inherited_advice="")
_ROUTE = Route(default=ANY, methods=Slot(), path=Slot(0, ("pattern",)))
_ROUTES = {"path": _ROUTE, "re_path": _ROUTE, "route": _ROUTE}


def _refine(finder: Finder, found: Registration, _given: Arguments) -> Iterator[Registration]:
    """A route of a page: what its decorators and its page let through."""
    methods, problem = allowed(finder, found.target)
    function = finder.definition(found.target)
    if isinstance(function, Func) and function.scope.is_class:
        page = next(
            Klass(node, scope) for node, scope in function.module.classes if node is function.scope.node
        )
        methods = narrowed(methods, _page_methods(finder, page))
    yield replace(
        found, methods=methods, problem=problem, evidence="any-method" if methods == ANY else "explicit"
    )


def _view_hook(finder: Finder, klass: Klass) -> Iterator[Registration]:
    """A page's own ``serve``; of a form page without one what is done with the form, or the page."""
    is_form = any(
        isinstance(base, External) and base.name.endswith(_FORMS) for base in finder.evaluator.mro(klass)
    )
    methods = _page_methods(finder, klass)
    if finder.evaluator.class_attribute(klass, "serve") is not None:
        yield from _member(finder, klass, "serve", methods)
    elif is_form:
        has_own = finder.evaluator.class_attribute(klass, _SUBMISSION) is not None
        yield from _member(finder, klass, _SUBMISSION if has_own else "serve", narrowed(methods, POST))


def _member(finder: Finder, klass: Klass, name: str, methods: Methods) -> Iterator[Registration]:
    for found in view_methods.of_attribute(finder, klass, FRAMEWORK.name, _PAGE, name, methods, "Page"):
        is_any = methods == ANY and found.evidence == "explicit"
        yield replace(found, evidence="any-method") if is_any else found


def _page_methods(finder: Finder, klass: Klass) -> Methods:
    """The methods that a page answers; all of them where its list cannot be read."""
    value = finder.evaluator.class_attribute(klass, "allowed_http_methods")
    names = [_method(item) for item in value.items] if isinstance(value, Items) and value.complete else [""]
    return ANY if "" in names else frozenset(names)


def _method(item: Value) -> str:
    """``"POST"`` or ``HTTPMethod.POST``."""
    for option in options(item):
        if isinstance(option, Const) and isinstance(option.value, str):
            return option.value
        if isinstance(option, External) and ".HTTPMethod." in option.name:
            return option.name.rpartition(".")[2]
    return ""


FRAMEWORK = Framework(
    name="wagtail",
    titles=("Wagtail",),
    packages=(
        "wagtail.models",
        "wagtail.core.models",
        "wagtail.contrib.routable_page",
        "wagtail.contrib.forms",
        "wagtail.wagtailcore",
    ),
    functions=_ROUTES,
    views=(_PAGE,),
    view_hook=_view_hook,
    refine=_refine,
    tokens=(r"wagtail\.",),
    local=frozenset(_ROUTES),
)

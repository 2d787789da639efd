"""Django: URL patterns, function views and what restricts their methods, class views.

A function view answers every method unless a decorator restricts it, wherever in the stack that stands (Django
documentation, "View decorators"). Names in URL patterns are looked up when the patterns are made, so every decorator
of the definition applies, and so does what wraps the view there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, TypeGuard

from idem_lint.engine import parameter_binding
from idem_lint.engine.module_facts import Scope
from idem_lint.engine.value_types import (
    UNKNOWN,
    Applied,
    Bound,
    Const,
    External,
    Func,
    Items,
    Klass,
    Lambda,
    Made,
    Member,
    Parameter,
    Value,
    options,
)
from idem_lint.finding import runtime_adapters
from idem_lint.finding.interface import (
    ANY,
    AT_REGISTRATION,
    GET,
    POST,
    Framework,
    Registration,
    Route,
    Slot,
    View,
)
from idem_lint.finding.view_methods import wrappers
from idem_lint.frameworks.django import above_authentication, url_prefixes
from idem_lint.frameworks.django.class_views import is_view_class, of_call, view_hook
from idem_lint.frameworks.django.library_views import only_shows
from idem_lint.frameworks.django.unrouted_views import is_hidden, is_wrapper, looks_like_a_view
from idem_lint.frameworks.django.url_includes import is_read_only, provides
from idem_lint.frameworks.django.view_inheritance import DESCRIBING, allowed, narrowed
from idem_lint.result_types import Evidence

if TYPE_CHECKING:
    from idem_lint.engine.parameter_binding import Arguments
    from idem_lint.finding.interface import Finder

_NONE = Slot()
_STATIC = Route(target=Slot(1, ("view",)), path=Slot(0, ("prefix",)), methods=_NONE, default=ANY)
_PATH = Route(target=Slot(1, ("view",)), path=Slot(0, ("route", "regex")), methods=_NONE, default=ANY)
# What makes a framework's generic view the project's own, where it is given at the registration.
_OWN = frozenset({"model", "form_class", "queryset", "serializer_class"})


def refine(finder: Finder, found: Registration, given: Arguments) -> Iterator[Registration]:
    """A decorator that restricts methods, or one URL pattern."""
    if found.written in DESCRIBING:
        yield from described(finder, found)
        return
    views = [view for each in options(found.target) for view in options(view_of(finder, each, found.scope))]
    known = [view for view in views if not is_hidden(view)]
    for view in known or views[:1]:
        if not only_shows(view):
            yield from _pattern(finder, found, view)


def described(finder: Finder, found: Registration) -> Iterator[Registration]:
    """A function whose decorators say which methods it answers: a view, wherever its URL pattern may be."""
    definition = finder.definition(found.target)
    if isinstance(definition, Func) and not definition.scope.is_class and not is_wrapper(definition):
        methods, problem = allowed(finder, definition)
        found = replace(found, methods=methods, problem=problem, route=None, presumed=True)
        yield above_authentication.of_function(finder, found)


def _pattern(finder: Finder, found: Registration, target: Value) -> Iterator[Registration]:
    methods, problem = allowed(finder, target)
    evidence: Evidence = "any-method" if methods == ANY else "explicit"
    found = replace(found, target=target, methods=methods, problem=problem, evidence=evidence)
    innermost = target
    while isinstance(innermost, Applied):
        innermost = innermost.target
    klass = finder.view_class(innermost)
    if klass is not None and not is_view_class(finder, klass):
        # A base class that nobody can see may have what answers.
        finder.view_calls.setdefault(klass.node, []).append(found)
        yield from of_call(finder, klass, found)
    elif isinstance(innermost, Made) and isinstance(innermost.callee, External):
        yield from _made_by_package(finder, found, innermost, innermost.callee)
    elif is_hidden(innermost):
        yield replace(found, target=UNKNOWN)
    elif _is_named_by_tastypie(finder, innermost):
        return
    elif not _is_include(innermost):
        yield above_authentication.of_function(finder, found)


def _made_by_package(
    finder: Finder, found: Registration, view: Made, callee: External
) -> Iterator[Registration]:
    """A package's class view: given the project's own things, the call is all that there is of the handler."""
    owner, _, name = callee.name.rpartition(".")
    if name != "as_view":
        yield from () if name == "include" else (found,)
    elif not provides(External(owner), "post"):
        yield from of_package(finder, found, External(owner))
    elif any(word.arg in _OWN for word in view.call.keywords):
        written = External(f"{owner.rpartition('.')[2]}.as_view")
        is_api = above_authentication.is_around(owner)
        advice = above_authentication.ADVICE if is_api else AT_REGISTRATION.replace("{view}", "{view}(…)")
        yield replace(
            found,
            target=_around(found.target, written),
            methods=narrowed(found.methods, POST),
            evidence="inherited",
            advice=advice,
            refused=above_authentication.refused(wrappers(found.target)) if is_api else (),
        )


def _around(target: Value, innermost: Value) -> Value:
    """The decorators around a view, put around what stands for it."""
    if not isinstance(target, Applied):
        return innermost
    return Applied(target.decorator, _around(target.target, innermost), target.node, target.scope)


def of_package(finder: Finder, found: Registration, klass: External) -> Iterator[Registration]:
    """A class of a package that nobody has read."""
    if finder.registry.by_package(klass.name) is None and not is_read_only(klass):
        reason = f"whether `{klass.name}` answers POST is not known from the source"
        yield replace(found, target=UNKNOWN, methods=frozenset(), problem=reason)


def _is_named_by_tastypie(finder: Finder, target: Value) -> bool:
    """``self.wrap_view("pay")``: a method of a Tastypie resource, which its own table finds."""
    if (
        not isinstance(target, Made)
        or not isinstance(target.callee, Member)
        or target.callee.name != "wrap_view"
    ):
        return False
    return parameter_binding.text(parameter_binding.of(target, finder.evaluator).get(Slot(0))) is not None


def _is_include(target: Value) -> bool:
    """Patterns in the place of a view: ``site.urls``, or a tuple of patterns and names."""
    return isinstance(target, Items) or (isinstance(target, Member) and target.name == "urls")


def view_of(finder: Finder, value: Value, scope: Scope) -> Value:
    """The view that a value leads to, seen through wrappers that take more than the view."""
    if isinstance(value, Applied):
        inner = view_of(finder, value.target, scope)
        return value if inner is value.target else Applied(value.decorator, inner, value.node, value.scope)
    if isinstance(value, Const) and isinstance(value.value, str):
        return finder.evaluator.imported(value.value, scope.module)
    if not isinstance(value, Made):
        return value
    if isinstance(value.callee, Member) and value.callee.name == "as_view":
        return _of_class(finder, value, value.callee.owner)
    if isinstance(value.callee, Klass) or not value.call.args or _is_pattern(value.callee):
        return value
    first = finder.evaluator.evaluate(value.call.args[0], value.scope, value.environment)
    inner = view_of(finder, first, scope)
    is_decorator = isinstance(value.callee, Made) and isinstance(inner, External)
    is_view = is_decorator or _is_view(finder, inner)
    return Applied(value.callee, inner, value.call.func, value.scope) if is_view else value


def _of_class(finder: Finder, value: Made, owner: Value) -> Value:
    """``as_view()`` of a class that a call has decorated: the call changes the class and gives it back."""
    if isinstance(owner, Parameter):
        return owner
    if isinstance(owner, Made) and isinstance(owner.callee, Klass):
        return Made(Member(owner.callee, "as_view"), value.call, value.scope, value.environment)
    if isinstance(owner, Made) and owner.call.args:
        inner = finder.evaluator.evaluate(owner.call.args[0], owner.scope, owner.environment)
        if isinstance(inner, Klass):
            view = Made(Member(inner, "as_view"), value.call, value.scope, value.environment)
            return Applied(owner.callee, view, owner.call.func, owner.scope)
    if isinstance(owner, Made) and _is_class(owner.callee):
        return Made(External(f"{owner.callee.name}.as_view"), value.call, value.scope, value.environment)
    return value


def _is_class(value: Value) -> TypeGuard[External]:
    """Whether a package's name is a class's: REST framework's views can be asked for ``as_view`` through an instance."""
    return isinstance(value, External) and value.name.rpartition(".")[2][:1].isupper()


def _is_view(finder: Finder, value: Value) -> bool:
    if isinstance(value, Made):
        is_known = finder.view_class(value) is not None or finder.definition(value) is not None
        return is_known or _is_pattern(value.callee)
    return isinstance(value, Func | Lambda | Bound | Applied | Parameter)


def _is_pattern(callee: Value) -> bool:
    return isinstance(callee, External) and callee.name.rpartition(".")[2] in {"include", "as_view"}


def module_hook(finder: Finder, scope: Scope) -> Iterator[Registration]:
    """Functions that look like views by what they do with a request, for files whose URL patterns are not in sight."""
    for node, owner in scope.module.functions if b"POST" in scope.module.source else ():
        if owner.parent is None and looks_like_a_view(node):
            view = Func(node, owner)
            if allowed(finder, view) == (ANY, ""):
                yield Registration(
                    framework="django",
                    target=view,
                    methods=ANY,
                    route=None,
                    node=node,
                    scope=owner,
                    evidence="any-method",
                    presumed=True,
                )


FRAMEWORK = Framework(
    name="django",
    titles=("Django",),
    adapter=runtime_adapters.DJANGO,
    packages=(
        "django",
        "extra_views",
        "formtools",
        "haystack",
        "django_tables2",
        "django_filters",
        "vanilla",
    ),
    functions={
        "path": _PATH,
        "re_path": _PATH,
        "url": _PATH,
        "static": _STATIC,
        "require_POST": Route(fixed=POST, path=_NONE, needs_path=False, bare=True, deferred=True),
        "require_GET": Route(fixed=GET, path=_NONE, needs_path=False, bare=True, deferred=True),
        "require_safe": Route(fixed=GET, path=_NONE, needs_path=False, bare=True, deferred=True),
        "require_http_methods": Route(path=_NONE, needs_path=False, deferred=True),
    },
    views=(View(bases=("*View",), handlers={}),),
    view_hook=view_hook,
    module_hook=module_hook,
    refine=refine,
    tokens=(
        "urlpatterns",
        r"django\.[\w.]*(?:urls|views)",
        r"from django import",
        r"request\.(?:POST|method)",
        "ROOT_URLCONF",
    ),
    prefixes=url_prefixes.PREFIXES,
    local=frozenset({"path", "re_path", "url", "static"}),
)

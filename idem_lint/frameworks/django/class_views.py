"""Class views of Django and REST framework: which of their methods, or which class, answers POST.

Source: django/views/generic/base.py (``dispatch``, ``http_method_names``), rest_framework/generics.py.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from idem_lint.engine.value_types import UNKNOWN, Applied, External, Func, Klass, Made, Value, options
from idem_lint.finding import view_methods
from idem_lint.finding.interface import ANY, ON_MEMBER, POST, VERBS, Methods, Registration
from idem_lint.frameworks.django import above_authentication, drf_viewsets
from idem_lint.frameworks.django.method_decorators import Guard, around, idle, running
from idem_lint.frameworks.django.url_includes import (
    Entry,
    Reach,
    Step,
    called_by,
    functions,
    own_value,
    provider,
    reach,
    steps,
)
from idem_lint.frameworks.django.view_inheritance import narrowed, restriction
from idem_lint.frameworks.django.view_verbs import permitted
from idem_lint.result_types import Evidence

if TYPE_CHECKING:
    from idem_lint.finding.interface import Finder


def view_hook(finder: Finder, klass: Klass) -> Iterator[Registration]:
    """The handlers of a class view, by every call that registers it, or by its own look where none is in sight."""
    calls: list[Registration | None] = [*finder.view_calls.get(klass.node, ())]
    for call in calls or [None]:
        yield from of_call(finder, klass, call)


def of_call(finder: Finder, klass: Klass, call: Registration | None) -> Iterator[Registration]:
    """The handlers that one registration makes of a class."""
    if drf_viewsets.is_viewset(finder, klass):
        yield from _all_registered(finder, klass, list(drf_viewsets.entries(finder, klass, call)))
    elif not _routes_itself(finder, klass):
        yield from _by_verb(finder, klass, call)
    else:
        yield from _all_registered(finder, klass, [Entry("dispatch", ANY, call)])


def is_view_class(finder: Finder, klass: Klass) -> bool:
    """Whether a class is a view by its bases."""
    return any(True for _ in view_methods.matching(finder, klass))


def _routes_itself(finder: Finder, klass: Klass) -> bool:
    """A ``dispatch`` that answers whatever comes: it neither goes on to Django's nor looks up a method by its name."""
    found = steps(finder, klass, "dispatch")
    if not found or found[-1].value is None:
        return False
    return not (reach(finder, klass, "dispatch").is_open and provider(finder, klass, "post") is not None)


def _by_verb(finder: Finder, klass: Klass, call: Registration | None) -> Iterator[Registration]:
    answered = list(_all_registered(finder, klass, [Entry("post", POST, call)]))
    yield from answered
    taken = {each.target.node for each in answered if isinstance(each.target, Func)}
    for verb in VERBS:
        value = own_value(finder, klass, verb) if verb != "post" else None
        for function in functions(finder, value) if value is not None else ():
            if function.node.decorator_list and function.node not in taken:
                yield from _registered(finder, klass, Entry(verb, frozenset({verb.upper()}), call))


def _all_registered(finder: Finder, klass: Klass, entries: list[Entry]) -> Iterator[Registration]:
    """What all ways into a class register; a decorator that none of them runs is said once."""
    ways = [entry.attribute for entry in entries if entry.methods & {"POST", "*"}]
    everything = reach(finder, klass, "dispatch", *ways)
    said = False
    for entry in entries:
        for found in _registered(finder, klass, entry):
            if said or entry.attribute not in ways:
                yield found
            else:
                said = True
                yield replace(found, idle=tuple(idle(finder, klass, everything)))


def _registered(finder: Finder, klass: Klass, entry: Entry) -> Iterator[Registration]:
    call = entry.call
    step = provider(finder, klass, entry.attribute)
    methods = entry.methods
    if entry.attribute != "dispatch":
        methods = permitted(finder, klass, call.target if call is not None else None, methods)
    if step is None or not methods:
        return
    found = reach(finder, klass, "dispatch", *({entry.attribute} - {"dispatch"}))
    for target in _targets(finder, klass, entry.attribute, step):
        own = target.node if isinstance(target, Func) else None
        guards = running(finder, klass, found, own)
        allowed = _allowed(
            finder, narrowed(methods, call.methods) if call is not None else methods, target, guards
        )
        if allowed:
            registration = _registration(finder, klass, entry, target, allowed, guards)
            yield _with_refused(finder, klass, registration, found, call)


def _allowed(finder: Finder, methods: Methods, target: Func | Klass, guards: list[Guard]) -> Methods:
    """The methods that get through the decorators around a handler."""
    own = [link.decorator for link in finder.links(target)] if isinstance(target, Func) else []
    for decorator in [*own, *(each for each, _ in guards)]:
        methods = narrowed(methods, restriction(finder, decorator)[0])
    return methods


def _targets(finder: Finder, klass: Klass, attribute: str, step: Step) -> Iterator[Func | Klass]:
    """The definition that answers: the class's own function, else the class."""
    if isinstance(step.base, External) and "create" in called_by(step.base, attribute):
        # REST framework's generic `post` only calls `create`, which the class may have itself.
        attribute = "create"
    own = own_value(finder, klass, attribute)
    for option in options(own) if own is not None else (klass,):
        definition = finder.definition(option)
        yield definition if isinstance(definition, Func) and definition.scope.node is klass.node else klass


def _registration(
    finder: Finder,
    klass: Klass,
    entry: Entry,
    target: Func | Klass,
    methods: Methods,
    guards: list[Guard],
) -> Registration:
    call = entry.call
    evidence: Evidence = "explicit" if isinstance(target, Func) else "inherited"
    return Registration(
        framework=_framework(finder, klass),
        target=target,
        methods=methods,
        route=call.route + entry.path if call is not None and call.route is not None else None,
        owner=call.owner if call is not None else UNKNOWN,
        node=call.node if call is not None else klass.node,
        scope=call.scope if call is not None else klass.scope,
        evidence="any-method" if methods == ANY else evidence,
        guards=(*guards, *(view_methods.wrappers(call.target) if call is not None else ())),
        klass=klass,
        written=call.written if call is not None else klass.node.name,
        attribute=entry.attribute,
        presumed=call is None,
        advice=ON_MEMBER.replace("{member}", entry.attribute),
    )


def _with_refused(
    finder: Finder, klass: Klass, registration: Registration, found: Reach, call: Registration | None
) -> Registration:
    """The registration, with what of its decorators may not be a mark: those around all of a REST framework view."""
    if registration.framework != "drf":
        return registration
    above = (*around(finder, klass, found), *(_around_call(call.target) if call is not None else ()))
    return replace(registration, refused=above_authentication.refused(above))


def _around_call(target: Value) -> Iterator[Guard]:
    """What is put around the view that ``as_view()`` gives; ``mark(View).as_view()`` marks the methods of the class."""
    innermost = target
    while isinstance(innermost, Applied):
        innermost = innermost.target
    made = innermost.call.func if isinstance(innermost, Made) else None
    owner = made.value if isinstance(made, ast.Attribute) else None
    for value, node in view_methods.wrappers(target):
        if not (isinstance(owner, ast.Call) and owner.func is node):
            yield value, node


def _framework(finder: Finder, klass: Klass) -> str:
    """The framework that a class view belongs to."""
    bases = (base.name for base in finder.evaluator.mro(klass) if isinstance(base, External))
    known = {each.name for name in bases if (each := finder.registry.by_package(name)) is not None}
    return "drf" if "drf" in known else "django"

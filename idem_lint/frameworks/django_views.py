"""Class views of Django and REST framework: which of their methods, or which class, answers POST.

Source: django/views/generic/base.py (``dispatch``, ``http_method_names``), rest_framework/generics.py.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from idem_lint import views
from idem_lint.arguments import read
from idem_lint.frameworks.base import ANY, POST, VERBS, Methods, Registration
from idem_lint.frameworks.django_methods import narrowed, restriction
from idem_lint.frameworks.django_resolution import (
    Guard,
    Reach,
    class_decorators,
    functions,
    guards,
    own_value,
    provider,
    provides,
    reach,
    steps,
)
from idem_lint.frameworks.django_verbs import permitted
from idem_lint.values import Applied, External, Func, Klass, Made, Value, options

if TYPE_CHECKING:
    from idem_lint.finder import Finder

# Methods that a reader takes for what POST reaches; a mark there that nothing runs is worth a word.
_EXPECTED = ("dispatch", "post", "create", "perform_create", "form_valid", "form_invalid")
Idle = tuple[Value, ast.AST, str]


@dataclass(frozen=True, slots=True)
class Entry:
    """One way into a class: the method that is asked for, the methods of HTTP that lead there, and the registration."""

    attribute: str
    methods: Methods
    call: Registration | None


def view_hook(finder: Finder, klass: Klass) -> Iterator[Registration]:
    """The handlers of a class view, by every call that registers it, or by its own look where none is in sight."""
    calls: list[Registration | None] = [*finder.view_calls.get(klass.node, ())]
    for call in calls or [None]:
        yield from of_call(finder, klass, call)


def of_call(finder: Finder, klass: Klass, call: Registration | None) -> Iterator[Registration]:
    """The handlers that one registration makes of a class."""
    from idem_lint.frameworks.drf_viewsets import entries, is_viewset

    if is_viewset(finder, klass):
        for entry in entries(finder, klass, call):
            yield from _registered(finder, klass, entry)
    elif not _routes_itself(finder, klass):
        yield from _by_verb(finder, klass, call)
    else:
        yield from _registered(finder, klass, Entry("dispatch", ANY, call))


def is_view_class(finder: Finder, klass: Klass) -> bool:
    """Whether a class is a view by its bases."""
    return any(True for _ in views.matching(finder, klass))


def _routes_itself(finder: Finder, klass: Klass) -> bool:
    """A ``dispatch`` that answers whatever comes: it neither goes on to Django's nor looks up a method by its name."""
    found = steps(finder, klass, "dispatch")
    last = found[-1] if found else None
    if last is None or last.value is None:
        return False
    return not (reach(finder, klass, "dispatch").is_open and provider(finder, klass, "post") is not None)


def _by_verb(finder: Finder, klass: Klass, call: Registration | None) -> Iterator[Registration]:
    answered = list(_registered(finder, klass, Entry("post", POST, call)))
    yield from answered
    taken = {each.target.node for each in answered if isinstance(each.target, Func)}
    if provider(finder, klass, "post") is None and not answered and call is not None:
        yield from _unknown_base(finder, klass, call)
    for verb in VERBS:
        value = own_value(finder, klass, verb) if verb != "post" else None
        for function in functions(finder, value) if value is not None else ():
            if function.node.decorator_list and function.node not in taken:
                yield from _registered(finder, klass, Entry(verb, frozenset({verb.upper()}), call))


def _unknown_base(finder: Finder, klass: Klass, call: Registration) -> Iterator[Registration]:
    """A registered class without a ``post``, of a package that nobody has read: it may well have one."""
    bases = [base.name for base in finder.evaluator.mro(klass) if isinstance(base, External)]
    unread = [name for name in bases if finder.registry.by_package(name) is None and name.endswith(("View", "ViewSet"))]
    if unread and permitted(finder, klass, call.target, POST):
        yield Registration(
            framework=label(finder, klass),
            target=klass,
            methods=frozenset(),
            route=call.route,
            node=call.node,
            scope=call.scope,
            problem=f"whether its base `{unread[0]}` answers POST is not known from the source",
            klass=klass,
        )


def _registered(finder: Finder, klass: Klass, entry: Entry) -> Iterator[Registration]:
    call = entry.call
    step = provider(finder, klass, entry.attribute)
    methods = entry.methods
    if entry.attribute != "dispatch":
        methods = permitted(finder, klass, call.target if call is not None else None, methods)
    if step is None or not methods:
        return
    start = () if entry.attribute == "dispatch" else (entry.attribute,)
    found = reach(finder, klass, "dispatch", *start)
    for target in _targets(finder, klass, entry.attribute, step.value, isinstance(step.base, External)):
        own = target.node if isinstance(target, Func) else None
        running = [*guards(finder, found, own), *_on_class(finder, klass, found, own is None)]
        allowed = narrowed(methods, call.methods) if call is not None else methods
        for decorator, _ in running:
            allowed = narrowed(allowed, restriction(finder, decorator)[0])
        if isinstance(target, Func):
            for link in finder.links(target):
                allowed = narrowed(allowed, restriction(finder, link.decorator)[0])
        if allowed:
            yield _registration(finder, klass, entry, target, allowed, running, _idle(finder, klass, found, own))


def _targets(
    finder: Finder, klass: Klass, attribute: str, value: Value | None, is_inherited: bool
) -> Iterator[Func | Klass]:
    """The definition that answers: the class's own function, else the class."""
    if is_inherited and attribute == "post":
        # A generic view's `post` only calls `create`, which the class may have itself.
        step = provider(finder, klass, "create")
        if step is not None and step.base is klass or (step is not None and _is_own(klass, step.base)):
            yield from (each for each in functions(finder, own_value(finder, klass, "create") or klass))
            return
    own = own_value(finder, klass, attribute)
    if own is None:
        yield klass
        return
    for option in options(own):
        definition = finder.definition(option)
        yield definition if isinstance(definition, Func) and definition.scope.node is klass.node else klass


def _is_own(klass: Klass, base: Klass | External) -> bool:
    return isinstance(base, Klass) and base.node is klass.node


def _on_class(finder: Finder, klass: Klass, found: Reach, is_inherited: bool) -> Iterator[Guard]:
    """Decorators on the class itself: they can only be meant for what it inherits."""
    if is_inherited:
        seen = {base.node: base for _, base, _ in found.project_steps()}
        for base in seen.values():
            for decorator, member, node in class_decorators(finder, base):
                if member is None:
                    yield decorator, node


def _idle(finder: Finder, klass: Klass, found: Reach, own: ast.AST | None) -> Iterator[Idle]:
    """Decorators that look like this handler's and do not run for it."""
    for base in finder.evaluator.mro(klass):
        if isinstance(base, Klass):
            for decorator, member, node in class_decorators(finder, base):
                if member is None and own is not None:
                    yield decorator, node, f"it is put on the class `{base.node.name}`, whose method answers"
                elif member is not None and not _is_asked(found, member, base):
                    yield decorator, node, f"it is put on `{member}`, which POST does not reach"
            if not found.is_open:
                yield from _idle_members(finder, base, found)


def _is_asked(found: Reach, member: str, base: Klass) -> bool:
    return any(_is_own(base, step.base) for step in found.asked.get(member, ()))


def _idle_members(finder: Finder, base: Klass, found: Reach) -> Iterator[Idle]:
    for name in _EXPECTED:
        if name in base.body.bindings and not _is_asked(found, name, base):
            for function in functions(finder, own_value(finder, base, name) or base):
                for link in finder.links(function):
                    yield link.decorator, link.node, f"POST does not reach `{base.node.name}.{name}`"


def _registration(
    finder: Finder,
    klass: Klass,
    entry: Entry,
    target: Func | Klass,
    methods: Methods,
    running: list[Guard],
    idle: Iterator[Idle],
) -> Registration:
    call = entry.call
    wrapped = [*views.wrappers(call.target), *call.guards] if call is not None else []
    evidence = "explicit" if isinstance(target, Func) else "inherited"
    return Registration(
        framework=label(finder, klass),
        target=target,
        methods=methods,
        route=call.route if call is not None else None,
        node=call.node if call is not None else klass.node,
        scope=call.scope if call is not None else klass.scope,
        evidence="any-method" if methods == ANY else evidence,  # type: ignore[arg-type]
        guards=(*running, *wrapped),
        idle=tuple(idle),
        klass=klass,
        written=call.written if call is not None else klass.node.name,
        attribute=entry.attribute,
        presumed=call is None,
    )


def label(finder: Finder, klass: Klass) -> str:
    """The framework that a class view belongs to."""
    bases = (base.name for base in finder.evaluator.mro(klass) if isinstance(base, External))
    known = {each.name for name in bases if (each := finder.registry.by_package(name)) is not None}
    return "drf" if "drf" in known else "django"


__all__ = ["Applied", "Made", "Entry", "is_view_class", "of_call", "provides", "read", "view_hook"]

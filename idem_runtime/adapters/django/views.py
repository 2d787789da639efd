"""What answers a request in Django: functions, classes, viewsets, the admin, Ninja's operations; and their marks.

A mark may be out of sight of the view that the resolver gives: on a method of its class, or on a function that a decorator
without ``functools.wraps`` keeps in its closure, as ``@api_view`` and Ninja do. All that is found is looked at.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from types import FunctionType
from typing import Any

from idem_runtime.adapters.django.closures import in_closure, visible
from idem_runtime.mark_callables import innermost
from idem_runtime.marks import Function, MoneyMoving, is_mark_of, mark_of

FRAMEWORKS = ("django", "rest_framework", "ninja", "ninja_extra")
EVERY = "POST"
"""The method in the operation of a view that answers all of them alike."""
ADMIN_VIEWS = (
    "changeform_view",
    "add_view",
    "change_view",
    "delete_view",
    "changelist_view",
    "response_action",
)
"""Views of a ``ModelAdmin`` that may carry a mark, besides its actions."""
PARTS = {
    "post": {"create": False, "form_valid": False, "perform_create": True},
    "create": {"perform_create": True},
    "put": {"form_valid": False, "perform_update": True},
    "patch": {"perform_update": True},
    "update": {"perform_update": True},
    "partial_update": {"perform_update": True},
    "delete": {"form_valid": False, "perform_destroy": True},
    "destroy": {"perform_destroy": True},
}
"""What the methods of class views (Django's and REST framework's) call, which may carry the mark in their place; whether it
returns something else than the response.
"""
_KEPT = "_idem_guard_marked"
INSIDE = ("save_model", "delete_model", "save_formset", "save_related")
"""Methods of a ``ModelAdmin`` that may carry a mark, and that its views call."""


@dataclass(frozen=True)
class Answering:
    """A function that answers some methods of a view; ``methods`` is ``None`` where it answers all.

    ``inside``: it is called somewhere inside the view, so that what it returns is no response. ``part``: what answers is
    another function, which calls it.
    """

    function: Any
    methods: frozenset[str] | None
    inside: bool = False
    part: bool = False
    owner: type | None = None
    above: bool = False
    """It stands around the whole of REST framework's view, authentication included."""

    @property
    def mark(self) -> MoneyMoving | None:
        """Its mark, where it moves money."""
        mark = mark_of(self.function)
        return mark if isinstance(mark, MoneyMoving) else None


class Marked:
    """The marked functions of one view, for one method."""

    def __init__(self, answering: list[Answering]) -> None:
        """Of :func:`marked_for`."""
        self.answering = answering
        marks = [found.mark for found in answering]
        self.mark = next(mark for mark in marks if mark is not None)
        """The mark of the first one: all of a view's are alike, but for the admin's."""

    @property
    def early(self) -> bool:
        """Whether the mark stands inside a transaction that the view itself begins, as the admin's does."""
        return any(found.inside and not found.part for found in self.answering)

    def of(self, mark: MoneyMoving, function: Function) -> Answering | None:
        """Which of them is called with ``mark``: frameworks decorate anew, so that marks are compared by value."""
        return next((found for found in self.answering if is_mark_of(found.function, mark, function)), None)


@dataclass(frozen=True)
class _Kept:
    """What is known of the view that it is kept with. Decorators copy attributes, so that it says of which one it is."""

    view: Any
    marked: dict[tuple[str, Any], Marked | None] = field(
        default_factory=dict["tuple[str, Any]", "Marked | None"]
    )


def marked_for(view: Any, method: str) -> Marked | None:
    """What of ``view`` moves money where ``method`` is asked for; looked up once, where nothing can be added to it later.

    What is marked behind its back all the same finds no admission, and is refused.
    """
    if type(view) is not FunctionType or not _stays(view):
        return _marked_for(view, method)
    kept: _Kept | None = getattr(view, _KEPT, None)
    if kept is None or kept.view is not view:
        kept = _Kept(view)
        setattr(view, _KEPT, kept)
    place = method, _method_of_class(view, method)
    if place not in kept.marked:
        kept.marked[place] = _marked_for(view, method)
    return kept.marked[place]


def _stays(view: Any) -> bool:
    """Whether nothing else answers for ``view`` later: operations of Ninja and actions of the admin may still be added."""
    return not hasattr(view, "model_admin") and "self" not in view.__code__.co_freevars


def _method_of_class(view: Any, method: str) -> Any:
    """The method of a view's class that answers ``method``: tests put another in its place."""
    cls = getattr(view, "cls", None) or getattr(view, "view_class", None)
    named: dict[str, str] = getattr(view, "actions", None) or {}
    name = method.lower()
    return None if cls is None else getattr(cls, named.get(name, name), None)


def _marked_for(view: Any, method: str) -> Marked | None:
    found = [
        answering
        for answering in answers(view)
        if answering.mark is not None and (answering.methods is None or method in answering.methods)
    ]
    return Marked(found) if found else None


def answers(view: Any) -> Iterator[Answering]:
    """The functions that answer for ``view``."""
    operations: Any = getattr(in_closure(view, "self"), "operations", None)
    if operations is not None:  # Ninja's
        for operation in operations:
            yield Answering(visible(operation.view_func), frozenset(operation.methods))
        return
    admin = getattr(view, "model_admin", None)
    if admin is not None:
        yield from _of_admin(admin)
        return
    cls = getattr(view, "cls", None) or getattr(view, "view_class", None)
    if cls is None:
        yield Answering(visible(view), _required_methods(view))
    else:
        yield from _of_class(view, cls)


def _of_class(view: Any, cls: Any) -> Iterator[Answering]:
    whole = [function for function in (getattr(cls, "dispatch", None), view) if mark_of(function) is not None]
    for function in whole:  # whatever its methods say
        yield Answering(function, None, owner=cls, above=hasattr(cls, "authentication_classes"))
    if whole:
        return
    named: dict[str, str] = getattr(view, "actions", None) or {name: name for name in cls.http_method_names}
    for method, name in named.items():
        function = getattr(cls, name, None)
        if function is not None:
            own = Answering(visible(function), frozenset({method.upper()}), owner=cls)
            parts = list(_parts(cls, method, name))
            if mark_of(own.function) is not None:
                yield from (own, *parts)
            elif parts and is_a_frameworks(function):  # of which it is known that it calls them
                yield from (replace(parts[0], part=False), *parts[1:])
            else:
                yield from (own, *_helpers(cls, own))


def is_a_frameworks(written: Any) -> bool:
    """Whether a function or class is Django's, or of what stands on it, and not the application's."""
    return str(getattr(innermost(written), "__module__", "")).partition(".")[0] in FRAMEWORKS


def _parts(cls: Any, method: str, name: str) -> Iterator[Answering]:
    """What the method ``name`` of a class, which answers ``method``, may call, and carries a mark."""
    for part, inside in PARTS.get(name, {}).items():
        function = getattr(cls, part, None)
        if mark_of(function) is not None:
            yield Answering(function, frozenset({method.upper()}), inside=inside, part=True, owner=cls)


def _helpers(cls: Any, own: Answering) -> Iterator[Answering]:
    """Whatever else of a class carries a mark: the method ``own``, which carries none, may call it."""
    bases: tuple[type, ...] = cls.__mro__
    for base in bases:
        for value in vars(base).values():
            function = getattr(value, "__func__", value)
            if isinstance(function, FunctionType) and mark_of(function) is not None:
                yield Answering(function, own.methods, inside=True, part=True, owner=cls)


def _of_admin(admin: Any) -> Iterator[Answering]:
    functions: list[Any] = [getattr(admin, name, None) for name in (*ADMIN_VIEWS, *INSIDE)]
    actions: Any = admin.actions or ()
    functions += [getattr(admin, action, None) if isinstance(action, str) else action for action in actions]
    for function in functions:
        if mark_of(function) is not None:
            inside = getattr(function, "__name__", "") in INSIDE
            yield Answering(function, None, inside=inside, owner=admin.__class__)


def _required_methods(view: Any) -> frozenset[str] | None:
    """What ``@require_http_methods`` and its like let through, as the decorators around ``view`` say it."""
    while view is not None:
        allowed = in_closure(view, "request_method_list")
        if allowed is not None:
            return frozenset(allowed)
        view = getattr(view, "__wrapped__", None)
    return None

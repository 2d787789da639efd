"""Cornice: ``@service.post()`` on functions, ``@resource`` on classes, ``service.add_view("POST", view)``.

Source: cornice/service.py, cornice/resource.py (``post`` and ``collection_post`` are routed by name).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from idem_lint.engine.parameter_binding import Arguments, parameters_in
from idem_lint.engine.value_types import Const, Func, Klass, Value, options
from idem_lint.finding import view_methods
from idem_lint.finding.interface import ANY, POST, Framework, Registration, Route, Slot, verbs

if TYPE_CHECKING:
    from idem_lint.finding.interface import Finder

_COMPUTED = "the name of its view is put together when the program runs"


def refine(finder: Finder, found: Registration, given: Arguments) -> Iterator[Registration]:
    """A resource's ``post`` and ``collection_post``; a view that is named as text is a method of ``klass``."""
    if found.written in {"resource", "add_resource"}:
        for option in options(found.target):
            if isinstance(option, Klass):
                yield from _posts(finder, found, option)
        return
    owner = given.get(Slot(None, ("klass",)))
    for option in options(found.target):
        if isinstance(option, Const) and isinstance(owner, Klass):
            yield from view_methods.member(finder, found, owner, str(option.value))
        elif owner is None or isinstance(option, Func):
            yield replace(found, target=option)
        else:
            yield from _computed(finder, found, owner)


def _computed(finder: Finder, found: Registration, owner: Value) -> Iterator[Registration]:
    """What a class has by the name of the method, where the name of the view is put together when the program runs."""
    found = replace(found, methods=frozenset(), problem=_COMPUTED)
    for option in options(owner):
        bases = finder.evaluator.mro(option) if isinstance(option, Klass) else []
        names = [
            name
            for base in bases
            if isinstance(base, Klass)
            for name in base.body.bindings
            if "post" in name.lower().split("_")
        ]
        for name in dict.fromkeys(names):
            yield from view_methods.member(finder, found, cast("Klass", option), name)
        if not isinstance(option, Klass):
            parameters = (*found.parameters, *parameters_in(option))
            yield replace(found, target=option, parameters=parameters)


def _posts(finder: Finder, found: Registration, klass: Klass) -> Iterator[Registration]:
    for attribute in ("post", "collection_post"):
        value: Value | None = finder.evaluator.class_attribute(klass, attribute)
        if value is not None:
            post = replace(found, methods=POST, evidence="explicit")
            yield from view_methods.member(finder, post, klass, attribute)


FRAMEWORK = Framework(
    name="cornice",
    titles=("Cornice",),
    packages=("cornice",),
    methods={
        **verbs(path=Slot(None), needs_path=False),
        "add_view": Route(methods=Slot(0, ("method",)), path=Slot(None), target=Slot(1, ("view",))),
    },
    functions={
        "resource": Route(fixed=ANY, path=Slot(None, ("path", "collection_path")), needs_path=False),
        "add_resource": Route(fixed=ANY, path=Slot(None, ("path",)), target=Slot(0, ("klass",))),
    },
    refine=refine,
    tokens=("cornice",),
)

"""What the admin sites of several frameworks share: a class that is registered with a site, whose own methods run on POST.

Only what the project writes itself is a handler: the forms that a site makes of a model by itself are not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from idem_lint.engine.value_types import Func, Klass, Value, options
from idem_lint.finding import view_methods
from idem_lint.finding.interface import Methods, Registration

if TYPE_CHECKING:
    from idem_lint.finding.interface import Finder


def registered(finder: Finder, found: Registration) -> Iterator[Klass]:
    """The classes that a call or class decorator registers, themselves or by an instance."""
    for option in options(found.target):
        klass = finder.view_class(option)
        if klass is not None:
            yield klass


def hooks(
    finder: Finder, found: Registration, klass: Klass, names: Mapping[str, Methods]
) -> Iterator[Registration]:
    """The methods of these names that the class has of the project."""
    for name, methods in names.items():
        value = finder.evaluator.class_attribute(klass, name)
        if value is not None:
            yield from of_method(finder, found, klass, name, methods, value)


def of_method(
    finder: Finder, found: Registration, klass: Klass, name: str, methods: Methods, value: Value
) -> Iterator[Registration]:
    """One method of a registered class; what replaces it on the class later counts, as it is looked up at each request."""
    guards = tuple(view_methods.replaced(finder, klass, name))
    for option in options(value):
        if isinstance(finder.definition(option), Func):
            yield replace(
                found,
                target=option,
                methods=methods,
                klass=klass,
                attribute=name,
                evidence="explicit",
                guards=guards,
                below=None,
                deferred=True,
            )

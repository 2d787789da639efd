"""Twisted Web: resources that answer POST by ``render_POST``, or whatever comes by a ``render`` of their own.

Source: twisted/web/resource.py (``Resource.render`` looks up ``render_`` and the method).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from idem_lint.finding import view_methods
from idem_lint.finding.interface import ANY, Framework, Registration, View

if TYPE_CHECKING:
    from idem_lint.engine.value_types import Klass
    from idem_lint.finding.interface import Finder

_RESOURCE = View(bases=("*Resource",), handlers={"render_POST": "POST"})


def _view_hook(finder: Finder, klass: Klass) -> Iterator[Registration]:
    """A ``render`` in the class itself; that of a base class of the project may look up methods by names of its own."""
    if "render" in klass.body.bindings and klass.node not in finder.extended:
        yield from view_methods.of_attribute(
            finder, klass, FRAMEWORK.name, _RESOURCE, "render", ANY, "Resource"
        )


FRAMEWORK = Framework(
    name="twisted_web",
    titles=("Twisted Web",),
    packages=("twisted.web",),
    views=(_RESOURCE,),
    view_hook=_view_hook,
    tokens=("render_POST", "twisted"),
)

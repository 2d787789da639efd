"""Flask-AppBuilder: exposed methods, REST APIs of models, form views.

Source: flask_appbuilder/baseviews.py and flask_appbuilder/api/__init__.py (``expose`` notes rules on the method; a
``ModelRestApi`` has a ``post`` unless its lists of route methods leave it out), flask_appbuilder/views.py (a form's POST
calls ``form_post``; ``action_post`` runs the action that was posted).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from idem_lint.engine.value_types import Const, External, Items, Klass
from idem_lint.finding import runtime_adapters, view_methods
from idem_lint.finding.interface import POST, Framework, Registration, Route, Slot, View

if TYPE_CHECKING:
    from idem_lint.finding.interface import Finder

_MODEL_API = View(bases=("ModelRestApi",), handlers={})
_FORM = View(bases=("SimpleFormView", "PublicFormView"), handlers={"form_post": "POST"})
_EXPOSE = Route(path=Slot(0, ("url",)), methods=Slot(1, ("methods",)), needs_path=False, deferred=True)


def _view_hook(finder: Finder, klass: Klass) -> Iterator[Registration]:
    """The ``post`` that a model's API inherits; one of its own has to be exposed again."""
    is_api = any(
        isinstance(base, External) and base.name.endswith(".ModelRestApi")
        for base in finder.evaluator.mro(klass)
    )
    if is_api and finder.evaluator.class_attribute(klass, "post") is None and _has_route(finder, klass):
        yield from view_methods.of_attribute(
            finder, klass, FRAMEWORK.name, _MODEL_API, "post", POST, "ModelRestApi"
        )


def _has_route(finder: Finder, klass: Klass) -> bool:
    included = finder.evaluator.class_attribute(klass, "include_route_methods")
    excluded = finder.evaluator.class_attribute(klass, "exclude_route_methods")
    if isinstance(excluded, Items) and Const("post") in excluded.items:
        return False
    return not isinstance(included, Items) or not included.complete or Const("post") in included.items


FRAMEWORK = Framework(
    name="flask_appbuilder",
    titles=("Flask-AppBuilder",),
    adapter=runtime_adapters.FLASK,
    packages=("flask_appbuilder",),
    functions={
        "expose": _EXPOSE,
        "expose_api": Route(path=Slot(2, ("url",)), methods=Slot(3, ("methods",)), deferred=True),
        "action": Route(fixed=POST, path=Slot(0, ("name",)), deferred=True),
    },
    views=(_MODEL_API, _FORM),
    view_hook=_view_hook,
    tokens=("flask_appbuilder",),
    local=frozenset({"expose", "expose_api", "action"}),
)

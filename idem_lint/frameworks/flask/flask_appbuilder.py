"""Flask-AppBuilder: exposed methods, REST APIs of models, form views.

Source: flask_appbuilder/baseviews.py and flask_appbuilder/api/__init__.py (``expose`` notes rules on the method; a
``ModelRestApi`` has a ``post`` unless its lists of route methods leave it out), flask_appbuilder/views.py (a form's POST
calls ``form_post``; ``action_post`` runs the action that was posted; a ``ModelView`` answers POST by ``add``, ``edit`` and
``delete``, and by ``api_create``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from idem_lint.engine.value_types import Const, External, Items, Klass, Table, Value
from idem_lint.finding import runtime_adapters, view_methods
from idem_lint.finding.interface import POST, Framework, Registration, Route, Slot, View

if TYPE_CHECKING:
    from idem_lint.finding.interface import Finder

_MODEL_API = View(bases=("ModelRestApi", "*RoleApi", "*UserApi"), handlers={})
_FORM = View(bases=("SimpleFormView", "PublicFormView"), handlers={"form_post": "POST"})
_BY_FORMS = ("add", "edit", "delete")
_OF_MODELS = {
    "ModelView": (*_BY_FORMS, "api_create"),
    "CompactCRUDMixin": _BY_FORMS,
    "RestCRUDView": ("api_create",),
}
_SECURITY = "flask_appbuilder.security."
_LIKE = {"ModelView": "ModelView", "RoleApi": "ModelRestApi", "UserApi": "ModelRestApi"}
_PERMISSIONS = {"api_create": "add"}
"""Whose permission a method asks for, where it is not its own."""
_MODEL_VIEW = View(
    bases=(*_OF_MODELS, "*ModelView"),
    handlers={},
    inherited_advice="give `class {name}` these methods, exposed as the inherited ones are, with "
    "`return super().…`, and put @{mark} directly above each `def`",
)
_EXPOSE = Route(path=Slot(0, ("url",)), methods=Slot(1, ("methods",)), needs_path=False, deferred=True)


def _view_hook(finder: Finder, klass: Klass) -> Iterator[Registration]:
    """What the API or the view of a model inherits; a method of its own has to be exposed again."""
    packages = [base for base in finder.evaluator.mro(klass) if isinstance(base, External)]
    names = set(map(_kind, packages))
    if "ModelRestApi" in names:
        yield from _inherited(finder, klass, _MODEL_API, "ModelRestApi", ("post",))
    has_model = finder.evaluator.class_attribute(klass, "datamodel") is not None
    if has_model or any(base.name.startswith(_SECURITY) for base in packages):
        bases = [name for name in _OF_MODELS if name in names]
        attributes = dict.fromkeys(attribute for base in bases for attribute in _OF_MODELS[base])
        yield from _inherited(finder, klass, _MODEL_VIEW, "ModelView", attributes)


def _kind(base: External) -> str:
    """The class of the package that one of it is like: it has views and APIs of users and roles itself."""
    name = base.name.rpartition(".")[2]
    if not base.name.startswith(_SECURITY):
        return name
    return next((kind for ending, kind in _LIKE.items() if name.endswith(ending)), name)


def _inherited(
    finder: Finder, klass: Klass, view: View, base: str, attributes: Iterable[str]
) -> Iterator[Registration]:
    for attribute in attributes:
        if finder.evaluator.class_attribute(klass, attribute) is None and _has_route(
            finder, klass, attribute
        ):
            yield from view_methods.of_attribute(finder, klass, FRAMEWORK.name, view, attribute, POST, base)


def _has_route(finder: Finder, klass: Klass, attribute: str) -> bool:
    included = finder.evaluator.class_attribute(klass, "include_route_methods")
    excluded = finder.evaluator.class_attribute(klass, "exclude_route_methods")
    allowed = finder.evaluator.class_attribute(klass, "base_permissions")
    renamed = finder.evaluator.class_attribute(klass, "method_permission_name")
    permission: object = _PERMISSIONS.get(attribute, attribute)
    if isinstance(renamed, Table):
        given = renamed.get(attribute)
        permission = given.value if isinstance(given, Const) else permission
    return (
        not (isinstance(excluded, Items) and Const(attribute) in excluded.items)
        and _may_have(included, attribute)
        and _may_have(allowed, f"can_{permission}")
    )


def _may_have(names: Value | None, name: str) -> bool:
    return (
        not isinstance(names, Items)
        or not names.complete
        or Const(name) in names.items
        or not all(isinstance(item, Const) for item in names.items)
    )


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
    views=(_MODEL_API, _MODEL_VIEW, _FORM),
    view_hook=_view_hook,
    tokens=("flask_appbuilder",),
    local=frozenset({"expose", "expose_api", "action"}),
)

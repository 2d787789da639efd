"""Flask-RESTX and Flask-RESTPlus: ``@namespace.route`` on a ``Resource``, ``add_resource``.

Source: flask_restx/namespace.py, flask_restx/resource.py (``method_decorators`` is a list).
"""

from __future__ import annotations

from idem_lint.engine.parameter_binding import Arguments
from idem_lint.engine.value_types import Const
from idem_lint.finding import runtime_adapters
from idem_lint.finding.interface import Framework, Include, Prefixes, Route, Slot
from idem_lint.finding.router_includes import texts
from idem_lint.frameworks.flask.flask_restful import RESOURCE, api_decorators

_APPLICATION = Slot(0, ("app",))
_PATH = Slot(2, ("path",))


def _path_of(given: Arguments) -> tuple[str, ...]:
    """The path of a namespace: the one that is given, else its name."""
    path, name = given.get(_PATH), given.get(Slot(0, ("name",)))
    if path is not None and path != Const(None):
        return texts(path, given)
    return tuple(f"/{text}" for text in texts(name, given))


FRAMEWORK = Framework(
    name="flask_restx",
    titles=("Flask-RESTX",),
    adapter=runtime_adapters.FLASK,
    packages=("flask_restx", "flask_restplus"),
    methods={
        "add_resource": Route(target=Slot(0, ("resource",)), path=Slot(1)),
        "route": Route(),
    },
    views=(RESOURCE,),
    tokens=("flask_restx", "flask_restplus"),
    router_guards=api_decorators,
    prefixes=Prefixes(
        own={"Api": Slot(None, ("prefix",)), "Namespace": _path_of, "namespace": _path_of},
        methods={
            "init_app": Include(router="receiver", parent=_APPLICATION),
            "namespace": Include(router="result", parent="receiver"),
            "add_namespace": Include(
                router=Slot(0, ("ns",)), prefix=Slot(1, ("path",)), replaces=("Namespace",)
            ),
        },
        functions={
            "Api": Include(router="result", parent=_APPLICATION),
            "Namespace": Include(router="result", parent=Slot(None, ("api",))),
        },
    ),
)

"""Flask-RESTful: ``Resource``, ``Api.add_resource`` and ``@api.resource``; decorators of the API, class or method.

Source: flask_restful/__init__.py (``method_decorators`` is a list, or a dict by lower-case method name).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from idem_lint.engine.value_types import Value
from idem_lint.finding import router_mounts, runtime_adapters
from idem_lint.finding.interface import Framework, Include, Prefixes, Route, Slot, View

if TYPE_CHECKING:
    import ast

    from idem_lint.finding.interface import Finder


def api_decorators(finder: Finder, owner: Value) -> Iterator[tuple[Value, ast.AST]]:
    """``Api(decorators=[…])`` and ``Namespace(decorators=[…])`` wrap every resource."""
    yield from router_mounts.given_when_made(finder, owner, "decorators")
    yield from router_mounts.added_later(finder, owner, "decorators")


_APPLICATION = Slot(0, ("app",))
RESOURCE = View(
    bases=("Resource",),
    guards=("decorators", "method_decorators"),
    late=("method_decorators",),
    allowed="methods",
    dispatch="dispatch_request",
)
FRAMEWORK = Framework(
    name="flask_restful",
    titles=("Flask-RESTful",),
    adapter=runtime_adapters.FLASK,
    packages=("flask_restful", "flask_restful_swagger_2", "flask_restful_swagger_3"),
    methods={
        "add_resource": Route(target=Slot(0, ("resource",)), path=Slot(1)),
        "resource": Route(),
    },
    views=(replace(RESOURCE, keyed=True),),
    tokens=("flask_restful",),
    router_guards=api_decorators,
    prefixes=Prefixes(
        own={"Api": Slot(1, ("prefix",))},
        methods={"init_app": Include(router="receiver", parent=_APPLICATION)},
        functions={"Api": Include(router="result", parent=_APPLICATION)},
    ),
)

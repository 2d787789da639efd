"""Flask-RESTX and Flask-RESTPlus: ``@namespace.route`` on a ``Resource``, ``add_resource``.

Source: flask_restx/namespace.py, flask_restx/resource.py (``method_decorators`` is a list).
"""

from __future__ import annotations

from idem_lint.finding import runtime_adapters
from idem_lint.finding.interface import Framework, Route, Slot
from idem_lint.frameworks.flask.flask_restful import RESOURCE, api_decorators

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
)

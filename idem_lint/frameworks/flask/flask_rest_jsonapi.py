"""Flask-REST-JSONAPI: resources that create by themselves: ``ResourceList`` has a ``post`` without any code.

Source: flask_rest_jsonapi/resource.py, flask_rest_jsonapi/api.py (``Api.route(resource, view, *urls)``).
"""

from __future__ import annotations

from idem_lint.finding import runtime_adapters
from idem_lint.finding.interface import Framework, Route, Slot, View

_POSTS = ("ResourceList", "ResourceRelationship")

FRAMEWORK = Framework(
    name="flask_rest_jsonapi",
    titles=("Flask-REST-JSONAPI",),
    adapter=runtime_adapters.FLASK,
    packages=("flask_rest_jsonapi", "flask_combo_jsonapi", "combojsonapi"),
    methods={"route": Route(target=Slot(0, ("resource",)), path=Slot(2), needs_path=False)},
    views=(
        View(
            bases=(*_POSTS, "ResourceDetail"),
            inherited=dict.fromkeys(_POSTS, ("post",)),
            guards=("decorators",),
            allowed="methods",
        ),
    ),
    tokens=("flask_rest_jsonapi", "flask_combo_jsonapi"),
    local=frozenset({"route"}),
)

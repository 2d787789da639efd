"""BentoML: ``@bentoml.api`` and ``@bentoml.task`` on the methods of a service, ``@svc.api`` of the older runners.

Source: _bentoml_sdk/api.py, _bentoml_sdk/service/factory.py, _bentoml_impl/server/app.py (each API is a POST route under its
``route``, else its name, and calls the method by its name).
"""

from __future__ import annotations

from idem_lint.finding.interface import POST, Framework, Route, Slot

_API = Route(fixed=POST, path=Slot(None, ("route",)), needs_path=False, bare=True)

FRAMEWORK = Framework(
    name="bentoml",
    packages=("bentoml",),
    titles=("BentoML",),
    methods={"api": Route(fixed=POST, path=Slot(None, ("route",)), needs_path=False, strict=True)},
    functions={"api": _API, "task": _API},
    tokens=("bentoml",),
    local=frozenset({"api", "task"}),
)

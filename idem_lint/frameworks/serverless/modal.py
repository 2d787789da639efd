"""Modal: functions and methods that it serves by themselves; what ``asgi_app`` and ``wsgi_app`` return is found by itself.

Source: modal/_partial_function.py (``fastapi_endpoint(method="GET")`` wraps the function in an object that only
``app.function`` and ``app.cls`` understand: above it, a mark takes the endpoint away; ``web_endpoint`` is its old name).
"""

from __future__ import annotations

from idem_lint.finding.interface import Framework, Route, Slot

_ENDPOINT = Route(path=Slot(None, ("label",)), methods=Slot(None, ("method",)), needs_path=False)
_FUNCTIONS = {"fastapi_endpoint": _ENDPOINT, "web_endpoint": _ENDPOINT}

FRAMEWORK = Framework(
    name="modal",
    titles=("Modal",),
    packages=("modal",),
    functions=_FUNCTIONS,
    tokens=tuple(_FUNCTIONS),
    local=frozenset(_FUNCTIONS),
)

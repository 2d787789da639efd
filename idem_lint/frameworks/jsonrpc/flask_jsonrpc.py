"""Flask-JSONRPC: ``@jsonrpc.method``, and functions and methods of objects that are registered by calls.

Source: flask_jsonrpc/wrappers.py (``method``, ``register``), flask_jsonrpc/app.py (the one route answers POST).
"""

from __future__ import annotations

from idem_lint.finding import runtime_adapters
from idem_lint.finding.interface import POST, Framework, Route, Slot

_NAME = Slot(0, ("name",))
_REGISTER = Route(
    fixed=POST, path=Slot(1, ("name",)), target=Slot(0, ("view_func",)), needs_path=False, strict=True
)

FRAMEWORK = Framework(
    name="flask_jsonrpc",
    packages=("flask_jsonrpc",),
    titles=("Flask-JSONRPC",),
    adapter=runtime_adapters.FUNCTIONS,
    methods={
        "method": Route(fixed=POST, path=_NAME, needs_path=False, strict=True),
        "register": _REGISTER,
        "register_view_function": _REGISTER,
    },
    tokens=("flask_jsonrpc",),
    local=frozenset({"method", "register", "register_view_function"}),
)

"""Flask-Rebar: handlers that a registry holds.

Source: flask_rebar/rebar.py (``HandlerRegistry.handles(rule, method="GET", …)``, ``add_handler(func, rule, method)``).
"""

from __future__ import annotations

from idem_lint.finding import runtime_adapters
from idem_lint.finding.interface import Framework, Route, Slot

FRAMEWORK = Framework(
    name="flask_rebar",
    titles=("Flask-Rebar",),
    adapter=runtime_adapters.FLASK,
    packages=("flask_rebar",),
    methods={
        "handles": Route(path=Slot(0, ("rule",)), methods=Slot(1, ("method",)), strict=True),
        "add_handler": Route(
            path=Slot(1, ("rule",)), methods=Slot(2, ("method",)), target=Slot(0, ("func",)), strict=True
        ),
    },
    tokens=("flask_rebar",),
)

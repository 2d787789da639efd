"""Microdot: ``@app.post``, ``@app.route(url_pattern, methods=[…])``.

Source: microdot/microdot.py (``route``: GET unless methods are given).
"""

from __future__ import annotations

from idem_lint.finding.interface import Framework, Route, Slot, verbs

_PATTERN = Slot(0, ("url_pattern",))

FRAMEWORK = Framework(
    name="microdot",
    titles=("Microdot",),
    packages=("microdot",),
    methods={
        **verbs(("get", "post", "put", "patch", "delete"), path=_PATTERN),
        "route": Route(path=_PATTERN, methods=Slot(1, ("methods",))),
    },
)

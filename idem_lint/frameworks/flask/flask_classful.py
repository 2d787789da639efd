"""flask-classful: views whose methods carry their routes.

Source: flask_classful.py (``route`` notes rules on the function; ``get``, ``post`` … are routed by name).
"""

from __future__ import annotations

from idem_lint.finding import runtime_adapters
from idem_lint.finding.interface import VERBS, Framework, Route, Slot, View

FRAMEWORK = Framework(
    name="flask_classes",
    titles=("Flask-Classful",),
    adapter=runtime_adapters.FLASK,
    packages=("flask_classful", "flask_classy"),
    functions={
        "route": Route(deferred=True),
        "method": Route(methods=Slot(0), path=Slot(None), needs_path=False, deferred=True),
    },
    views=(
        View(bases=("FlaskView",), handlers={verb: verb.upper() for verb in VERBS}, guards=("decorators",)),
    ),
)

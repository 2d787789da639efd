"""Flask extensions with views whose methods carry their routes: flask-classful, Flask-Admin, Flask-AppBuilder.

Source: flask_classful.py (``route`` notes rules on the function; ``get``, ``post`` … are routed by name),
flask_admin/base.py and flask_appbuilder/baseviews.py (``expose`` notes urls; GET unless methods are given).
"""

from __future__ import annotations

from idem_lint.finding import runtime_adapters
from idem_lint.finding.interface import VERBS, Framework, Route, Slot, View

FRAMEWORK = Framework(
    name="flask_classes",
    titles=("Flask-Classful", "Flask-Admin", "Flask-AppBuilder"),
    adapter=runtime_adapters.FLASK,
    packages=("flask_classful", "flask_classy", "flask_admin", "flask_appbuilder"),
    functions={
        "route": Route(deferred=True),
        "method": Route(methods=Slot(0), path=Slot(None), needs_path=False, deferred=True),
        "expose": Route(
            path=Slot(0, ("url",)), methods=Slot(1, ("methods",)), needs_path=False, deferred=True
        ),
        "expose_api": Route(path=Slot(2, ("url",)), methods=Slot(3, ("methods",)), deferred=True),
    },
    views=(
        View(bases=("FlaskView",), handlers={verb: verb.upper() for verb in VERBS}, guards=("decorators",)),
    ),
)

"""Flask and Quart: applications, blueprints, ``add_url_rule``, ``View`` and ``MethodView``.

Source: flask/sansio/app.py (``view_func.methods``, default GET), flask/views.py.
"""

from __future__ import annotations

from idem_lint.frameworks.base import Framework, Route, Slot, View, verbs

FRAMEWORK = Framework(
    name="flask",
    packages=("flask", "flask_classful", "flask_openapi3", "flask_login"),
    methods={
        **verbs(),
        "route": Route(),
        "add_url_rule": Route(target=Slot(2, ("view_func",)), path=Slot(0, ("rule",))),
    },
    views=(View(bases=("MethodView",), guards=("decorators",)),),
)

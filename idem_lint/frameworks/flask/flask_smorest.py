"""flask-smorest: ``@blueprint.route`` on a ``MethodView`` or a function; ``add_url_rule`` takes the class itself.

Source: flask_smorest/blueprint.py.
"""

from __future__ import annotations

from dataclasses import replace

from idem_lint.finding.interface import Include, Slot
from idem_lint.frameworks.flask.framework import PREFIXES, flask_like

_APPLICATION = Slot(0, ("app",))
FRAMEWORK = replace(
    flask_like("flask_smorest", ("flask_smorest", "flask_rest_api"), ("flask-smorest",)),
    prefixes=replace(
        PREFIXES,
        methods={**PREFIXES.methods, "init_app": Include(router="receiver", parent=_APPLICATION)},
        functions={"Api": Include(router="result", parent=_APPLICATION)},
    ),
)

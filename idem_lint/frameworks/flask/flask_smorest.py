"""flask-smorest: ``@blueprint.route`` on a ``MethodView`` or a function; ``add_url_rule`` takes the class itself.

Source: flask_smorest/blueprint.py.
"""

from __future__ import annotations

from idem_lint.frameworks.flask.framework import flask_like

FRAMEWORK = flask_like("flask_smorest", ("flask_smorest", "flask_rest_api"), ("flask-smorest",))

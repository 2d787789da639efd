"""APIFlask: Flask's tables; ``@app.input`` and ``@app.output`` are no routes.

Source: apiflask/app.py, apiflask/blueprint.py.
"""

from __future__ import annotations

from idem_lint.frameworks.flask.framework import flask_like

FRAMEWORK = flask_like("apiflask", ("apiflask",), ("APIFlask",))

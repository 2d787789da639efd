"""Quart: Flask's tables under another name.

Source: quart/app.py and quart/blueprints.py (``add_url_rule``, default GET), quart/views.py.
"""

from __future__ import annotations

from idem_lint.finding import runtime_adapters
from idem_lint.frameworks.flask.framework import flask_like

FRAMEWORK = flask_like(
    "quart",
    ("quart", "quart_auth", "quart_schema", "quart_trio"),
    ("Quart",),
    adapter=runtime_adapters.QUART,
)

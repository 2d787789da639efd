"""flask-openapi3: Flask's tables, and ``@api_view.route`` on a class without any base.

Source: flask_openapi3/view.py (``APIView.route``: the class's methods are routed by name).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from idem_lint.engine.parameter_binding import Arguments
from idem_lint.engine.value_types import Klass
from idem_lint.finding import view_methods
from idem_lint.finding.interface import POST, Registration
from idem_lint.frameworks.flask import framework as flask

if TYPE_CHECKING:
    from idem_lint.finding.interface import Finder


def refine(finder: Finder, found: Registration, given: Arguments) -> Iterator[Registration]:
    """The ``post`` of a class; functions as in Flask."""
    if not isinstance(found.target, Klass):
        yield from flask.refine(finder, found, given)
    elif finder.evaluator.class_attribute(found.target, "post") is not None:
        yield from view_methods.member(finder, replace(found, methods=POST, problem=""), found.target, "post")


FRAMEWORK = replace(
    flask.flask_like("flask_openapi3", ("flask_openapi3",), ("flask-openapi3",)), refine=refine
)

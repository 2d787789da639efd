"""Where a mark takes effect in Google's Functions Framework: each of the snippet's functions is posted to."""

from __future__ import annotations

from tests.lint.positions._table import snippets
from tests.lint.positions.recorder import application, executions

PRELUDE = """\
import functions_framework
from flask import Request

from recorder import money_moving


class Amount:
    @staticmethod
    def from_dict(values):
        return Amount()

    def to_dict(self):
        return {}

"""

TABLE = """
### + http, below
@functions_framework.http
@money_moving
def pay(request: Request):
    return {}

### + http, above
@money_moving
@functions_framework.http
def pay(request: Request):
    return {}

### + typed, below
@functions_framework.typed(Amount)
@money_moving
def pay(amount):
    return amount

### - on the helper of another function
@money_moving
def audit(request):
    return {}

@functions_framework.http
def pay(request: Request):
    return {}
"""

SNIPPETS = snippets(PRELUDE, TABLE)
ELSEWHERE = {"on the helper of another function"}


def is_effective(source: str) -> bool:
    """Whether a POST to ``pay`` was answered, through the mark; as the framework's server calls the function."""
    import flask  # the framework has an environment of its own; the table is read without it
    from functions_framework import _configure_app, _function_registry

    module = application(source)
    app = flask.Flask(module.__name__)
    function = _function_registry.get_user_function(module.__name__, module, "pay")
    _configure_app(app, function, _function_registry.get_func_signature_type("pay", None))
    with executions() as count:
        response = app.test_client().post("/", json={"amount": 3})
    assert response.status_code == 200
    return count() == 1

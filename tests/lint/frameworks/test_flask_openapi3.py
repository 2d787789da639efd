"""flask-openapi3: functions as in Flask, classes without a base."""

from __future__ import annotations

from pathlib import Path

from tests.lint.frameworks.projects import marks_of

SOURCE = """
from flask_openapi3 import APIView, OpenAPI
from idem_runtime import money_moving

app = OpenAPI(__name__)
view = APIView(url_prefix="/wallet")


@app.post("/transfer")
def transfer(body):
    return {}


@view.route("/deposit")
class Deposit:
    def get(self):
        return {}

    @view.doc(summary="puts money in")
    @money_moving
    def post(self, body):
        return {}


@view.route("/rates")
class Rates:
    def get(self):
        return {}
"""


def test_functions_and_classes(tmp_path: Path) -> None:
    assert marks_of(tmp_path, SOURCE) == {"transfer": False, "Deposit.post": True}

"""Extensions of Flask whose methods carry their routes."""

from __future__ import annotations

from pathlib import Path

from tests.lint.frameworks.projects import handlers_of, marks_of

CLASSFUL = """
from flask_classful import FlaskView, method, route
from idem_runtime import money_moving


class AccountsView(FlaskView):
    def index(self):
        return []

    def post(self):
        return {}

    @money_moving
    @route("/pay", methods=["POST"])
    def pay(self):
        return {}

    @method("POST")
    def close(self):
        return {}
"""
ADMIN = """
from flask_admin import BaseView, expose
from flask_appbuilder import expose as exposed
from flask_appbuilder.api import BaseApi, protect


class Payouts(BaseView):
    @expose("/", methods=("GET", "POST"))
    def index(self):
        return ""

    @expose("/read")
    def read(self):
        return ""


class Transfers(BaseApi):
    @exposed("/transfer", methods=["POST"])
    @protect()
    def transfer(self):
        return ""
"""


def test_flask_classful(tmp_path: Path) -> None:
    assert marks_of(tmp_path, CLASSFUL) == {
        "AccountsView.post": False,
        "AccountsView.pay": True,
        "AccountsView.close": False,
    }


def test_exposed_views(tmp_path: Path) -> None:
    assert handlers_of(tmp_path, {"app.py": ADMIN}) == {
        "Payouts.index": "GET POST",
        "Transfers.transfer": "POST",
    }

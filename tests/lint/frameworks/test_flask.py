"""Flask: what the cases do not reach."""

from __future__ import annotations

from pathlib import Path

from tests.lint.frameworks.projects import handlers_of, marks_of

VIEWS = """
from flask.views import MethodView, View


class Abstract(View):
    methods = ["POST"]


class NoMethods(View):
    methods = None

    def dispatch_request(self):
        return "page"


class Posting(View):
    methods = ["POST"]

    def dispatch_request(self):
        return "paid"


class Reading(MethodView):
    methods = ["GET"]

    def post(self):
        return "never"


class Nothing(MethodView):
    post = None
"""
REPLACED = """
from flask import Flask
from idem_runtime import money_moving

app = Flask(__name__)


@app.post("/pay", endpoint="pay-out")
def pay():
    return "paid"


@app.post("/refund")
def refund():
    return "refunded"


@app.post("/fee")
def fee():
    return "booked"


app.add_url_rule("/charge", "charge", lambda: "charged", methods=["POST"])
app.view_functions["pay-out"] = money_moving(pay)
app.view_functions["refund"] = refund
app.view_functions["charge"] = money_moving(app.view_functions["charge"])
app.view_functions.pop("nothing", None)
"""


def test_views_answer_what_their_class_says(tmp_path: Path) -> None:
    assert handlers_of(tmp_path, {"wallet/views.py": VIEWS}) == {"Posting.dispatch_request": "POST"}


def test_a_view_is_guarded_by_what_takes_its_place(tmp_path: Path) -> None:
    assert marks_of(tmp_path, REPLACED) == {"pay": True, "refund": False, "fee": False, "<lambda>": True}

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


INHERITED = """
from flask.views import MethodView
from idem_runtime import money_moving


class Wrapped(MethodView):
    def _book(self):
        return "paid"

    post = money_moving(_book)


class Lambda(MethodView):
    post = lambda self: "paid"


class Guarded(Wrapped):
    pass


class Open(Lambda):
    pass
"""
BY_NAME = {
    "first.py": """
from flask import Flask

app = Flask(__name__)
app.add_url_rule("/pay", "pay", methods=["POST"])
app.add_url_rule("/read", "read")


def pay():
    return "paid"


app.view_functions["pay"] = pay
""",
    "second.py": """
from flask import current_app


def read():
    return "page"


def gone():
    return "gone"


current_app.view_functions["read"] = read
current_app.view_functions["gone"] = gone
""",
}


def test_views_answer_what_their_class_says(tmp_path: Path) -> None:
    assert handlers_of(tmp_path, {"wallet/views.py": VIEWS}) == {"Posting.dispatch_request": "POST"}


def test_a_view_is_guarded_by_what_takes_its_place(tmp_path: Path) -> None:
    assert marks_of(tmp_path, REPLACED) == {"pay": True, "refund": False, "fee": False, "<lambda>": True}


def test_an_inherited_method_keeps_what_it_was_wrapped_in(tmp_path: Path) -> None:
    assert marks_of(tmp_path, INHERITED) == {"Guarded": True, "Open": False}


def test_functions_meet_rules_of_other_modules(tmp_path: Path) -> None:
    assert handlers_of(tmp_path, BY_NAME) == {"pay": "POST"}

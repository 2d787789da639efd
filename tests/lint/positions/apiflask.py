"""Where a mark takes effect in APIFlask."""

from __future__ import annotations

from tests.lint.positions.flask import is_effective
from tests.lint.positions.recorder import Snippet

__all__ = ["SNIPPETS", "is_effective"]

PRELUDE = """\
from apiflask import APIBlueprint, APIFlask, Schema
from apiflask.fields import Boolean
from apiflask.views import MethodView
from recorder import money_moving

app = APIFlask(__name__)


class Paid(Schema):
    paid = Boolean()
"""

TABLE = (
    (
        "below",
        True,
        """

@app.post("/pay")
@money_moving
def pay():
    return {"paid": True}
""",
    ),
    (
        "below output",
        True,
        """

@app.post("/pay")
@app.output(Paid)
@money_moving
def pay():
    return {"paid": True}
""",
    ),
    (
        "above output, below the route",
        True,
        """

@app.post("/pay")
@money_moving
@app.output(Paid)
@app.doc(summary="pays")
def pay():
    return {"paid": True}
""",
    ),
    (
        "above",
        False,
        """

@money_moving
@app.post("/pay")
@app.output(Paid)
def pay():
    return {"paid": True}
""",
    ),
    (
        "between two routes",
        False,
        """

@app.post("/pay")
@money_moving
@app.post("/pay-again", endpoint="again")
def pay():
    return {"paid": True}
""",
    ),
    (
        "blueprint: above",
        False,
        """

bp = APIBlueprint("wallet", __name__)


@money_moving
@bp.route("/pay", methods=["POST"])
def pay():
    return {"paid": True}


app.register_blueprint(bp)
""",
    ),
    (
        "method view: on post",
        True,
        """

class Pay(MethodView):
    @app.output(Paid)
    @money_moving
    def post(self):
        return {"paid": True}


app.add_url_rule("/pay", view_func=Pay.as_view("pay"))
""",
    ),
    (
        "method view: decorators",
        True,
        """

class Pay(MethodView):
    decorators = [money_moving]

    def post(self):
        return {"paid": True}


app.add_url_rule("/pay", view_func=Pay.as_view("pay"))
""",
    ),
    (
        "wrapped at registration",
        True,
        """

def pay():
    return {"paid": True}


app.add_url_rule("/pay", view_func=money_moving(pay), methods=["POST"])
""",
    ),
)

SNIPPETS = tuple(Snippet(name, PRELUDE + body, effective) for name, effective, body in TABLE)

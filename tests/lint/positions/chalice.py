"""Where a mark takes effect in Chalice: every POST route of the snippet's ``app`` is requested."""

from __future__ import annotations

from typing import Any

from chalice.test import Client

from tests.lint.positions.recorder import Snippet, application, executions

PRELUDE = """\
from chalice import Blueprint, Chalice
from recorder import money_moving

app = Chalice("wallet")
"""

TABLE = (
    (
        "below",
        True,
        """

@app.route("/pay", methods=["POST"])
@money_moving
def pay():
    return {"paid": True}
""",
    ),
    (
        "above",
        False,
        """

@money_moving
@app.route("/pay", methods=["POST"])
def pay():
    return {"paid": True}
""",
    ),
    (
        "between two routes",
        False,
        """

@app.route("/pay", methods=["POST"])
@money_moving
@app.route("/again", methods=["POST"], name="again")
def pay():
    return {"paid": True}
""",
    ),
    (
        "below two routes",
        True,
        """

@app.route("/pay", methods=["POST"])
@app.route("/again", methods=["POST"], name="again")
@money_moving
def pay():
    return {"paid": True}
""",
    ),
    (
        "rebound after registration",
        False,
        """

@app.route("/pay", methods=["POST"])
def pay():
    return {"paid": True}


pay = money_moving(pay)
""",
    ),
    (
        "wrapped at registration",
        True,
        """

def pay():
    return {"paid": True}


app.route("/pay", methods=["POST"])(money_moving(pay))
""",
    ),
    (
        "around the registration",
        False,
        """

def pay():
    return {"paid": True}


pay = money_moving(app.route("/pay", methods=["POST"])(pay))
""",
    ),
    (
        "blueprint: below",
        True,
        """

wallet = Blueprint("snippet")


@wallet.route("/pay", methods=["POST"])
@money_moving
def pay():
    return {"paid": True}


app.register_blueprint(wallet)
""",
    ),
    (
        "blueprint: above",
        False,
        """

wallet = Blueprint("snippet")


@money_moving
@wallet.route("/pay", methods=["POST"])
def pay():
    return {"paid": True}


app.register_blueprint(wallet)
""",
    ),
)

SNIPPETS = tuple(Snippet(name, PRELUDE + body, effective) for name, effective, body in TABLE)


def is_effective(source: str) -> bool:
    """Whether the mark ran for each POST route, requested through Chalice's own client."""
    app = application(source).app
    paths = [path for path, by_method in app.routes.items() if "POST" in by_method]
    assert paths
    ran = [_runs(app, path) for path in paths]
    return all(ran)


def _runs(app: Any, path: str) -> bool:
    with executions() as count, Client(app) as client:
        response = client.http.post(path)
    assert response.status_code == 200, response.body
    return count() == 1

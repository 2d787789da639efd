"""Where a mark takes effect in Bottle: every POST route of the snippet's ``app`` is requested."""

from __future__ import annotations

from typing import Any

from werkzeug.test import Client

from tests.lint.positions.recorder import Snippet, application, executions

PRELUDE = """\
import bottle
from bottle import Bottle, post
from recorder import money_moving

app = Bottle()
"""

TABLE = (
    (
        "below",
        True,
        """

@app.post("/pay")
@money_moving
def pay():
    return "paid"
""",
    ),
    (
        "above",
        False,
        """

@money_moving
@app.post("/pay")
def pay():
    return "paid"
""",
    ),
    (
        "any method, above",
        False,
        """

@money_moving
@app.route("/pay", method="ANY")
def pay():
    return "paid"
""",
    ),
    (
        "between two routes",
        False,
        """

@app.post("/pay")
@money_moving
@app.route("/pay-again", "POST")
def pay():
    return "paid"
""",
    ),
    (
        "bare name, below",
        True,
        """

app = bottle.default_app.push()


@post("/pay")
@money_moving
def pay():
    return "paid"
""",
    ),
    (
        "bare name, above",
        False,
        """

app = bottle.default_app.push()


@money_moving
@post("/pay")
def pay():
    return "paid"
""",
    ),
    (
        "wrapped at registration",
        True,
        """

def pay():
    return "paid"


app.route("/pay", "POST", money_moving(pay))
""",
    ),
    (
        "callback, rebound afterwards",
        False,
        """

def pay():
    return "paid"


app.route("/pay", method="POST", callback=pay)
pay = money_moving(pay)
""",
    ),
    (
        "apply",
        True,
        """

@app.post("/pay", apply=money_moving)
def pay():
    return "paid"
""",
    ),
    (
        "apply, a list",
        True,
        """

@app.route("/pay", method="POST", apply=[money_moving])
def pay():
    return "paid"
""",
    ),
    (
        "apply, skipped",
        False,
        """

@app.post("/pay", apply=[money_moving], skip=True)
def pay():
    return "paid"
""",
    ),
    (
        "installed before",
        True,
        """

app.install(money_moving)


@app.post("/pay")
def pay():
    return "paid"
""",
    ),
    (
        "installed afterwards",
        True,
        """

@app.post("/pay")
def pay():
    return "paid"


app.install(money_moving)
""",
    ),
    (
        "installed, but skipped",
        False,
        """

app.install(money_moving)


@app.post("/pay", skip=[money_moving])
def pay():
    return "paid"
""",
    ),
    (
        "installed on the parent of a mounted application",
        False,
        """

child = Bottle()


@child.post("/pay")
def pay():
    return "paid"


app.install(money_moving)
app.mount("/child/", child)
""",
    ),
    (
        "installed on a merged application",
        True,
        """

child = Bottle()
child.install(money_moving)


@child.post("/pay")
def pay():
    return "paid"


app.merge(child)
""",
    ),
    (
        "installed where another is merged in",
        False,
        """

child = Bottle()


@child.post("/pay")
def pay():
    return "paid"


app.install(money_moving)
app.merge(child)
""",
    ),
)

SNIPPETS = tuple(Snippet(name, PRELUDE + body, effective) for name, effective, body in TABLE)


def is_effective(source: str) -> bool:
    """Whether the mark ran for each route that POST reaches."""
    app = application(source).app
    rules = [route.rule for route in app.routes if route.method in {"POST", "ANY"}]
    assert rules
    ran = [_runs(app, rule) for rule in rules]
    return all(ran)


def _runs(app: Any, path: str) -> bool:
    with executions() as count:
        response = Client(app).post(path)
    assert response.status_code == 200
    return count() == 1

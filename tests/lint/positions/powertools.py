"""Where a mark takes effect in Powertools' event handler: every POST route of ``app`` is resolved."""

from __future__ import annotations

from typing import Any

from tests.lint.positions.recorder import Snippet, application, executions

PRELUDE = """\
from aws_lambda_powertools.event_handler import APIGatewayRestResolver
from aws_lambda_powertools.event_handler.api_gateway import Router
from recorder import money_moving

app = APIGatewayRestResolver()
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
        "above",
        False,
        """

@money_moving
@app.post("/pay")
def pay():
    return {"paid": True}
""",
    ),
    (
        "route, below",
        True,
        """

@app.route("/pay", method="POST")
@money_moving
def pay():
    return {"paid": True}
""",
    ),
    (
        "route, above",
        False,
        """

@money_moving
@app.route("/pay", method=["POST", "PUT"])
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
@app.post("/again")
def pay():
    return {"paid": True}
""",
    ),
    (
        "rebound after registration",
        False,
        """

@app.post("/pay")
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


app.post("/pay")(money_moving(pay))
""",
    ),
    (
        "router: below",
        True,
        """

router = Router()


@router.post("/pay")
@money_moving
def pay():
    return {"paid": True}


app.include_router(router)
""",
    ),
    (
        "router: above",
        False,
        """

router = Router()


@money_moving
@router.post("/pay")
def pay():
    return {"paid": True}


app.include_router(router)
""",
    ),
    (
        "router: rebound before it is included",
        False,
        """

router = Router()


@router.post("/pay")
def pay():
    return {"paid": True}


pay = money_moving(pay)
app.include_router(router)
""",
    ),
)

SNIPPETS = tuple(Snippet(name, PRELUDE + body, effective) for name, effective, body in TABLE)


def is_effective(source: str) -> bool:
    """Whether the mark ran for each POST route, resolved from an API Gateway event."""
    app = application(source).app
    paths = [route.openapi_path for route in app._static_routes if route.method == "POST"]
    assert paths
    ran = [_runs(app, path) for path in paths]
    return all(ran)


def _runs(app: Any, path: str) -> bool:
    event = {"httpMethod": "POST", "path": path, "headers": {}, "requestContext": {"stage": "$default"}}
    with executions() as count:
        response = app.resolve(event, None)
    assert response["statusCode"] == 200, response
    return count() == 1

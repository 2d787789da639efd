"""Where a mark takes effect in Azure Functions: the functions that the host would index are called."""

from __future__ import annotations

import asyncio
import inspect
from typing import Any

import azure.functions as func

from tests.lint.positions.recorder import Snippet, application, executions

PRELUDE = """\
import azure.functions as func
from recorder import money_moving

app = func.FunctionApp()
"""

TABLE = (
    (
        "below",
        True,
        """

@app.route("pay", methods=["POST"])
@money_moving
def pay(req):
    return "paid"
""",
    ),
    (
        "above",
        False,
        """

@money_moving
@app.route("pay", methods=["POST"])
def pay(req):
    return "paid"
""",
    ),
    (
        "below a name and a route",
        True,
        """

@app.function_name("payment")
@app.route("pay", methods=["POST"])
@money_moving
def pay(req):
    return "paid"
""",
    ),
    (
        "above a name and a route",
        False,
        """

@money_moving
@app.function_name("payment")
@app.route("pay", methods=["POST"])
def pay(req):
    return "paid"
""",
    ),
    (
        "any method, above",
        False,
        """

@money_moving
@app.route("pay")
def pay(req):
    return "paid"
""",
    ),
    (
        "async, below",
        True,
        """

@app.route("pay", methods=["POST"])
@money_moving
async def pay(req):
    return "paid"
""",
    ),
    (
        "async, above",
        False,
        """

@money_moving
@app.route("pay", methods=["POST"])
async def pay(req):
    return "paid"
""",
    ),
    (
        "rebound after registration",
        False,
        """

@app.route("pay", methods=["POST"])
def pay(req):
    return "paid"


pay = money_moving(pay)
""",
    ),
    (
        "wrapped at registration",
        True,
        """

def pay(req):
    return "paid"


app.route("pay", methods=["POST"])(money_moving(pay))
""",
    ),
    (
        "blueprint: above",
        False,
        """

bp = func.Blueprint()


@money_moving
@bp.route("pay", methods=["POST"])
def pay(req):
    return "paid"


app.register_functions(bp)
""",
    ),
    (
        "blueprint: below",
        True,
        """

bp = func.Blueprint()


@bp.route("pay", methods=["POST"])
@money_moving
def pay(req):
    return "paid"


app.register_functions(bp)
""",
    ),
)

SNIPPETS = tuple(Snippet(name, PRELUDE + body, effective) for name, effective, body in TABLE)

REFUSED = (
    (
        "a mark below a name, when the host indexes",
        """
@app.function_name("payment")
@money_moving
@app.route("pay", methods=["POST"])
def pay(req):
    return "paid"
""",
        ValueError,
        "does not have a trigger",
    ),
    (
        "a mark above an output, when the host indexes",
        """
@app.route("pay", methods=["POST"])
@money_moving
@app.queue_output(arg_name="message", queue_name="paid", connection="Storage")
def pay(req):
    return "paid"
""",
        ValueError,
        "does not have a trigger",
    ),
)


def is_effective(source: str) -> bool:
    """Whether the mark ran for each indexed function."""
    functions = application(source).app.get_functions()
    assert functions
    ran = [_runs(function.get_user_function()) for function in functions]
    return all(ran)


def _runs(function: Any) -> bool:
    request = func.HttpRequest(method="POST", url="/api/pay", body=b"")
    with executions() as count:
        response = function(request)
        if inspect.isawaitable(response):
            response = asyncio.run(_result(response))
    assert response == "paid"
    return count() == 1


async def _result(awaitable: Any) -> Any:
    return await awaitable

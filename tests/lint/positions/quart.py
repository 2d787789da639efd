"""Where a mark takes effect in Quart: every POST rule of the snippet's ``app`` is requested."""

from __future__ import annotations

import asyncio
from typing import Any

from tests.lint.positions.recorder import Snippet, application, executions

PRELUDE = """\
from quart import Blueprint, Quart
from quart.views import MethodView
from recorder import money_moving

app = Quart(__name__)
"""

TABLE = (
    (
        "below",
        True,
        """

@app.post("/pay")
@money_moving
async def pay():
    return "paid"
""",
    ),
    (
        "above",
        False,
        """

@money_moving
@app.post("/pay")
async def pay():
    return "paid"
""",
    ),
    (
        "sync, below",
        True,
        """

@app.post("/pay")
@money_moving
def pay():
    return "paid"
""",
    ),
    (
        "sync, above",
        False,
        """

@money_moving
@app.route("/pay", methods=["POST"])
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
@app.post("/pay-again", endpoint="again")
async def pay():
    return "paid"
""",
    ),
    (
        "rebound after registration",
        False,
        """

@app.post("/pay")
async def pay():
    return "paid"


pay = money_moving(pay)
""",
    ),
    (
        "wrapped at registration",
        True,
        """

async def pay():
    return "paid"


app.add_url_rule("/pay", view_func=money_moving(pay), methods=["POST"])
""",
    ),
    (
        "blueprint: above",
        False,
        """

bp = Blueprint("wallet", __name__)


@money_moving
@bp.post("/pay")
async def pay():
    return "paid"


app.register_blueprint(bp)
""",
    ),
    (
        "method view: on post",
        True,
        """

class Pay(MethodView):
    @money_moving
    async def post(self):
        return "paid"


app.add_url_rule("/pay", view_func=Pay.as_view("pay"))
""",
    ),
    (
        "method view: on get only",
        False,
        """

class Pay(MethodView):
    @money_moving
    async def get(self):
        return "page"

    async def post(self):
        return "paid"


app.add_url_rule("/pay", view_func=Pay.as_view("pay"))
""",
    ),
    (
        "method view: class that inherits its handler",
        True,
        """

class Base(MethodView):
    async def post(self):
        return "paid"


@money_moving
class Pay(Base):
    pass


app.add_url_rule("/pay", view_func=Pay.as_view("pay"))
""",
    ),
    (
        "method view: decorators",
        True,
        """

class Pay(MethodView):
    decorators = [money_moving]

    async def post(self):
        return "paid"


app.add_url_rule("/pay", view_func=Pay.as_view("pay"))
""",
    ),
    (
        "view_functions replaced after registration",
        True,
        """

@app.post("/pay")
async def pay():
    return "paid"


app.view_functions["pay"] = money_moving(pay)
""",
    ),
)

SNIPPETS = tuple(Snippet(name, PRELUDE + body, effective) for name, effective, body in TABLE)


def is_effective(source: str) -> bool:
    """Whether the mark ran for each POST rule, requested through Quart's own client."""
    app = application(source).app
    rules = [rule.rule for rule in app.url_map.iter_rules() if "POST" in rule.methods]
    assert rules
    ran = [asyncio.run(_runs(app, rule)) for rule in rules]
    return all(ran)


async def _runs(app: Any, path: str) -> bool:
    with executions() as count:
        response = await app.test_client().post(path)
    assert response.status_code == 200
    return count() == 1

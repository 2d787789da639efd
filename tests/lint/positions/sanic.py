"""Where a mark takes effect in Sanic."""

from __future__ import annotations

import asyncio
import warnings
from typing import Any

from tests.lint.positions.stacks import every_post_runs_the_mark, snippets, stacks

with warnings.catch_warnings():  # it still imports what websockets has deprecated
    warnings.simplefilter("ignore", DeprecationWarning)
    from sanic_testing.testing import SanicASGITestClient

PRELUDE = """\
from functools import wraps
from uuid import uuid4

from sanic import Blueprint, Sanic
from sanic.response import json
from sanic.views import HTTPMethodView
from recorder import money_moving

app = Sanic("pay_" + uuid4().hex)
bp = Blueprint("pay")
"""

PAY = """
async def pay(request):
    return json({})

"""


def _view(mark: str = "", head: str = "class Pay(HTTPMethodView):", get: str = "") -> str:
    return f"""
{head}
{get}    async def get(self, request):
        return json({{}})

{mark}    async def post(self, request):
        return json({{}})

"""


MARK = "    @money_moving\n"
VIEW = 'bp.add_route(Pay.as_view(), "/pay")\n'
CLASS_STATEMENT = 'class Pay(HTTPMethodView, attach=bp, uri="/pay"):'

TABLE = (
    *stacks('@bp.post("/pay")', '@bp.post("/pay-again", name="again")', PAY),
    ("add_route, wrapped", True, f'{PAY}bp.add_route(money_moving(pay), "/pay", methods=["POST"])\n'),
    (
        "add_route, rebound after",
        False,
        f'{PAY}bp.add_route(pay, "/pay", methods=["POST"])\npay = money_moving(pay)\n',
    ),
    ("blueprint route, below", True, f'@bp.route("/pay", methods=["POST"])\n@money_moving{PAY}'),
    ("view, on the method", True, _view(MARK) + VIEW),
    ("view, on the wrong method", False, _view(get=MARK) + VIEW),
    (
        "view, class attribute decorators",
        True,
        _view(head="class Pay(HTTPMethodView):\n    decorators = [money_moving]\n") + VIEW,
    ),
    (
        "view, as_view wrapped",
        True,
        _view() + 'bp.add_route(money_moving(Pay.as_view()), "/pay", methods=["POST"])\n',
    ),
    ("view, attached in the class statement", True, _view(MARK, CLASS_STATEMENT)),
    (
        "view, method rebound on the class after the route",
        True,
        _view() + VIEW + "Pay.post = money_moving(Pay.post)\n",
    ),
    (
        "view, decorators set after the route",
        False,
        _view() + VIEW + "Pay.decorators = [money_moving]\n",
    ),
    (
        "class that inherits its handler",
        True,
        _view("", "class Base(HTTPMethodView):") + "@money_moving\nclass Pay(Base):\n    pass\n\n\n" + VIEW,
    ),
    (
        "view, marked in a base class and overridden",
        False,
        _view(MARK, "class Base(HTTPMethodView):") + _view("", "class Pay(Base):") + VIEW,
    ),
)

SNIPPETS = snippets(PRELUDE, TABLE, "\napp.blueprint(bp)\n")


async def _request(app: Any, path: str) -> int:
    _, response = await SanicASGITestClient(app).post(path)
    return int(response.status)


def is_effective(source: str) -> bool:
    """Whether each POST of the snippet runs the mark, sent through Sanic's own ASGI client."""
    return every_post_runs_the_mark(source, lambda app, path: asyncio.run(_request(app, path)))

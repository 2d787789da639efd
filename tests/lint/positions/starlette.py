"""Where a mark takes effect in Starlette: on the function before a route holds it, on an endpoint class at any time."""

from __future__ import annotations

import warnings
from typing import Any

from tests.lint.positions.stacks import every_post_runs_the_mark, snippets

with warnings.catch_warnings():  # Starlette asks for httpx's successor, which it does not require
    warnings.simplefilter("ignore", UserWarning)
    from starlette.testclient import TestClient

PRELUDE = """\
from functools import wraps

from starlette.applications import Starlette
from starlette.endpoints import HTTPEndpoint
from starlette.responses import JSONResponse
from starlette.routing import Route
from recorder import money_moving
"""

PAY = """
async def pay(request):
    return JSONResponse({})

"""
APP = 'app = Starlette(routes=[Route("/pay", pay, methods=["POST"])])\n'
VIEW = 'app = Starlette(routes=[Route("/pay", Pay)])\n'


def _view(mark_on_post: str, mark_on_get: str = "", bases: str = "HTTPEndpoint") -> str:
    return f"""
class Pay({bases}):
{mark_on_get}    async def get(self, request):
        return JSONResponse({{}})

{mark_on_post}    async def post(self, request):
        return JSONResponse({{}})

"""


MARK = "    @money_moving\n"

TABLE = (
    ("on the function", True, f"@money_moving{PAY}{APP}"),
    ("wrapped in the route", True, PAY + APP.replace("pay, ", "money_moving(pay), ")),
    ("rebound before the route", True, f"{PAY}pay = money_moving(pay)\n{APP}"),
    ("rebound after the route", False, f"{PAY}{APP}pay = money_moving(pay)\n"),
    ("above another decorator", True, f"@money_moving\n@other{PAY}{APP}"),
    ("below another decorator", True, f"@other\n@money_moving{PAY}{APP}"),
    (
        "add_route, wrapped",
        True,
        f'{PAY}app = Starlette()\napp.add_route("/pay", money_moving(pay), methods=["POST"])\n',
    ),
    (
        "add_route, rebound after",
        False,
        f'{PAY}app = Starlette()\napp.add_route("/pay", pay, methods=["POST"])\npay = money_moving(pay)\n',
    ),
    ("on the method", True, _view(MARK) + VIEW),
    ("on the wrong method", False, _view("", MARK) + VIEW),
    ("on the method, with another decorator", True, _view("    @other\n" + MARK) + VIEW),
    ("method rebound in the class body", True, _view("") + "    post = money_moving(post)\n\n" + VIEW),
    (
        "method rebound on the class after the route",
        True,
        _view("") + VIEW + "Pay.post = money_moving(Pay.post)\n",
    ),
    (
        "on the method of a base class",
        True,
        _view(MARK).replace("class Pay", "class Base") + "class Pay(Base):\n    pass\n\n\n" + VIEW,
    ),
    (
        "class that inherits its handler",
        True,
        _view("").replace("class Pay", "class Base")
        + "@money_moving\nclass Pay(Base):\n    pass\n\n\n"
        + VIEW,
    ),
    (
        "on the method of a base class, overridden",
        False,
        _view(MARK).replace("class Pay", "class Base") + _view("", bases="Base") + VIEW,
    ),
)

SNIPPETS = snippets(PRELUDE, TABLE)


def _post(app: Any, path: str) -> int:
    return TestClient(app).post(path).status_code


def is_effective(source: str) -> bool:
    """Whether each POST of the snippet runs the mark, sent through Starlette's own client."""
    return every_post_runs_the_mark(source, _post)

"""Where a mark takes effect in aiohttp."""

from __future__ import annotations

import asyncio
from typing import Any

from aiohttp.test_utils import TestClient, TestServer

from tests.lint.positions.stacks import every_post_runs_the_mark, snippets, stacks

PRELUDE = """\
from functools import wraps

from aiohttp import web
from recorder import money_moving

app = web.Application()
routes = web.RouteTableDef()
"""

PAY = """
async def pay(request):
    return web.json_response({})

"""
VIEW = """
class Pay(web.View):
    async def get(self):
        return web.json_response({})

    @MARK
    async def post(self):
        return web.json_response({})

"""
MARKED = VIEW.replace("@MARK", "@money_moving")
BARE = VIEW.replace("    @MARK\n", "")

TABLE = (
    *stacks('@routes.post("/pay")', '@routes.post("/pay-again")', PAY),
    ("route with a star, below", True, f'@routes.route("*", "/pay")\n@money_moving{PAY}'),
    ("route with a star, above", False, f'@money_moving\n@routes.route("*", "/pay"){PAY}'),
    ("add_post, wrapped", True, f'{PAY}app.router.add_post("/pay", money_moving(pay))\n'),
    ("add_post, rebound after", False, f'{PAY}app.router.add_post("/pay", pay)\npay = money_moving(pay)\n'),
    ("web.post, wrapped", True, f'{PAY}app.add_routes([web.post("/pay", money_moving(pay))])\n'),
    ("web.post, marked", True, f'@money_moving{PAY}app.add_routes([web.post("/pay", pay)])\n'),
    (
        "web.post in a list, rebound before it is added",
        False,
        f'{PAY}table = [web.post("/pay", pay)]\npay = money_moving(pay)\napp.add_routes(table)\n',
    ),
    ("view, on the method", True, f'{MARKED}app.router.add_view("/pay", Pay)\n'),
    ("view, decorated route", True, f'@routes.view("/pay"){MARKED}'),
    ("view, on the wrong method", False, f'@routes.view("/pay"){BARE}    get = money_moving(get)\n'),
    (
        "view, method rebound on the class after the route",
        True,
        f'{BARE}app.router.add_view("/pay", Pay)\nPay.post = money_moving(Pay.post)\n',
    ),
    (
        "class that inherits its handler",
        True,
        BARE.replace("class Pay", "class Base")
        + "@money_moving\nclass Pay(Base):\n    pass\n\n\n"
        + 'app.router.add_view("/pay", Pay)\n',
    ),
    (
        "view, marked in a base class and overridden",
        False,
        MARKED.replace("class Pay", "class Base")
        + BARE.replace("web.View", "Base")
        + 'app.router.add_view("/pay", Pay)\n',
    ),
)

SNIPPETS = snippets(PRELUDE, TABLE, "\napp.add_routes(routes)\n")


async def _request(app: Any, path: str) -> int:
    async with TestClient(TestServer(app)) as client, client.post(path) as response:
        return response.status


def is_effective(source: str) -> bool:
    """Whether each POST of the snippet runs the mark, sent to aiohttp's own test server."""
    with asyncio.Runner() as runner:
        return every_post_runs_the_mark(source, lambda app, path: runner.run(_request(app, path)))

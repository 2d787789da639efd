"""Where a mark takes effect in BlackSheep; on a controller's method, above the route, the route is not made at all."""

from __future__ import annotations

import asyncio
from typing import Any

from blacksheep.testing import TestClient

from tests.lint.positions.stacks import NotRouted, every_post_runs_the_mark, routed, snippets, stacks

PRELUDE = """\
from functools import wraps

from blacksheep import Application, Router
from blacksheep.server.controllers import APIController
from blacksheep.server.routing import RoutesRegistry
from recorder import money_moving

router = Router()
app = Application(router=router)
app.controllers_router = RoutesRegistry()
post = app.controllers_router.post
"""

PAY = """
async def pay():
    return {}

"""


def _controller(*lines: str) -> str:
    stack = "".join(f"    {line}\n" for line in lines)
    return f"""
class Pay(APIController):
    @classmethod
    def route(cls):
        return "/pay"

{stack}    async def create(self):
        return {{}}

"""


TABLE = (
    *stacks('@router.post("/pay")', '@router.post("/pay-again")', PAY),
    ("add_post, wrapped", True, f'{PAY}router.add_post("/pay", money_moving(pay))\n'),
    ("add_post, rebound after", False, f'{PAY}router.add_post("/pay", pay)\npay = money_moving(pay)\n'),
    ("route with methods, below", True, f'@router.route("/pay", methods=["POST"])\n@money_moving{PAY}'),
    ("route with methods, above", False, f'@money_moving\n@router.route("/pay", methods=["POST"]){PAY}'),
    ("controller, below", True, _controller("@post()", "@money_moving")),
    ("controller, above", False, _controller("@money_moving", "@post()")),
    ("controller, below another decorator", True, _controller("@post()", "@other", "@money_moving")),
)

SNIPPETS = snippets(PRELUDE, TABLE)


async def _request(app: Any, path: str) -> int:
    if not app.started:
        await app.start()
    response = await TestClient(app).post(path)
    return int(response.status)


def is_effective(source: str) -> bool:
    """Whether each POST of the snippet runs the mark; a method that BlackSheep never routes does not run it."""
    try:
        return every_post_runs_the_mark(source, lambda app, path: routed(asyncio.run(_request(app, path))))
    except NotRouted:
        return False

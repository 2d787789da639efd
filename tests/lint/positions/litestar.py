"""Where a mark takes effect in Litestar: below the route decorator; above it, the route is not made at all."""

from __future__ import annotations

from typing import Any

from litestar.exceptions import ImproperlyConfiguredException
from litestar.testing import TestClient

from tests.lint.positions.stacks import NotRouted, every_post_runs_the_mark, routed, snippets

PRELUDE = """\
from functools import wraps

import litestar
from litestar import Controller, Litestar, post, route
from litestar.handlers import HTTPRouteHandler
from recorder import money_moving
"""

PAY = """
async def pay() -> dict[str, str]:
    return {}

"""
APP = "app = Litestar(route_handlers=[pay])\n"


def _controller(*lines: str) -> str:
    stack = "".join(f"    {line}\n" for line in lines)
    return f"""
class Pay(Controller):
    path = "/pay"

{stack}    async def pay(self) -> dict[str, str]:
        return {{}}


app = Litestar(route_handlers=[Pay])
"""


TABLE = (
    ("below the route", True, f'@post("/pay")\n@money_moving{PAY}{APP}'),
    ("above the route", False, f'@money_moving\n@post("/pay"){PAY}{APP}'),
    ("with options, below the route", True, f'@post("/pay")\n@money_moving(operation="pay"){PAY}{APP}'),
    ("below another decorator", True, f'@post("/pay")\n@other\n@money_moving{PAY}{APP}'),
    ("above another decorator", True, f'@post("/pay")\n@money_moving\n@other{PAY}{APP}'),
    ("route(), below", True, f'@route("/pay", http_method=["POST"])\n@money_moving{PAY}{APP}'),
    ("route(), above", False, f'@money_moving\n@route("/pay", http_method=["POST"]){PAY}{APP}'),
    ("handler class, below", True, f'@HTTPRouteHandler("/pay", http_method="POST")\n@money_moving{PAY}{APP}'),
    (
        "handler class, above",
        False,
        f'@money_moving\n@HTTPRouteHandler("/pay", http_method="POST"){PAY}{APP}',
    ),
    ("called on the wrapped function", True, f'{PAY}pay = post("/pay")(money_moving(pay))\n{APP}'),
    ("result of the call wrapped", False, f'{PAY}pay = money_moving(post("/pay")(pay))\n{APP}'),
    ("rebound after registration", False, f'@post("/pay"){PAY}{APP}pay = money_moving(pay)\n'),
    ("module attribute, below", True, f'@litestar.post("/pay")\n@money_moving{PAY}{APP}'),
    ("controller, below", True, _controller("@post()", "@money_moving")),
    ("controller, above", False, _controller("@money_moving", "@post()")),
    ("controller, below another decorator", True, _controller("@post()", "@other", "@money_moving")),
)

SNIPPETS = snippets(PRELUDE, TABLE)


def _post(app: Any, path: str) -> int:
    with TestClient(app) as client:
        return client.post(path).status_code


def is_effective(source: str) -> bool:
    """Whether each POST of the snippet runs the mark; a handler that Litestar refuses or never routes does not run it."""
    try:
        return every_post_runs_the_mark(source, lambda app, path: routed(_post(app, path)))
    except (ImproperlyConfiguredException, NotRouted):
        return False

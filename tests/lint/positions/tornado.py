"""Where a mark takes effect in Tornado: on the method, whenever it is put there."""

from __future__ import annotations

import asyncio
from typing import Any

from tornado.httpclient import AsyncHTTPClient
from tornado.httpserver import HTTPServer
from tornado.testing import bind_unused_port

from tests.lint.positions.stacks import every_post_runs_the_mark, snippets

PRELUDE = """\
from functools import wraps

from recorder import money_moving
from tornado import gen
from tornado.web import Application, RequestHandler
"""


def _handler(post: str = "", get: str = "", head: str = "class Pay(RequestHandler):") -> str:
    return f"""
{head}
{get}    async def get(self):
        self.write({{}})

{post}    async def post(self):
        self.write({{}})

"""


MARK = "    @money_moving\n"
APP = 'app = Application([(r"/pay", Pay)])\n'

TABLE = (
    ("on the method", True, _handler(MARK) + APP),
    ("on the wrong method", False, _handler("", MARK) + APP),
    ("above another decorator", True, _handler(MARK + "    @other\n") + APP),
    ("below another decorator", True, _handler("    @other\n" + MARK) + APP),
    (
        "above gen.coroutine",
        True,
        _handler(MARK + "    @gen.coroutine\n").replace("async def post", "def post") + APP,
    ),
    ("rebound in the class body", True, _handler() + "    post = money_moving(post)\n\n\n" + APP),
    ("rebound on the class after the route", True, _handler() + APP + "Pay.post = money_moving(Pay.post)\n"),
    (
        "on the method of a base class",
        True,
        _handler(MARK, head="class Base(RequestHandler):") + "class Pay(Base):\n    pass\n\n\n" + APP,
    ),
    (
        "class that inherits its handler",
        True,
        _handler(head="class Base(RequestHandler):")
        + "@money_moving\nclass Pay(Base):\n    pass\n\n\n"
        + APP,
    ),
    (
        "on the method of a base class, overridden",
        False,
        _handler(MARK, head="class Base(RequestHandler):") + _handler(head="class Pay(Base):") + APP,
    ),
)

SNIPPETS = snippets(PRELUDE, TABLE)


async def _request(app: Any, path: str) -> int:
    socket, port = bind_unused_port()
    server = HTTPServer(app)
    server.add_sockets([socket])
    client = AsyncHTTPClient(force_instance=True)
    try:
        response = await client.fetch(f"http://127.0.0.1:{port}{path}", method="POST", body="")
    finally:
        client.close()
        server.stop()
        await server.close_all_connections()
    return int(response.code)


def is_effective(source: str) -> bool:
    """Whether each POST of the snippet runs the mark, sent to Tornado's own server."""
    return every_post_runs_the_mark(source, lambda app, path: asyncio.run(_request(app, path)))

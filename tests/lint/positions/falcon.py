"""Where a mark takes effect in Falcon: on the responder, before ``add_route`` binds it."""

from __future__ import annotations

from typing import Any

from falcon.testing import TestClient

from tests.lint.positions.stacks import every_post_runs_the_mark, snippets

PRELUDE = """\
from functools import wraps
from types import ModuleType

import falcon
from recorder import money_moving

app = falcon.App()


def hook(req, resp, resource, params):
    resp.set_header("X-Hook", "1")

"""


def _resource(on_post: str = "", on_get: str = "", head: str = "class Pay:") -> str:
    return f"""
{head}
{on_get}    def on_get(self, req, resp):
        resp.media = {{}}

{on_post}    def on_post(self, req, resp):
        resp.media = {{}}

"""


MARK = "    @money_moving\n"
HOOK = "    @falcon.before(hook)\n"
ROUTE = 'app.add_route("/pay", Pay())\n'

TABLE = (
    ("on the responder", True, _resource(MARK) + ROUTE),
    ("on the wrong responder", False, _resource("", MARK) + ROUTE),
    ("below a hook", True, _resource(HOOK + MARK) + ROUTE),
    ("above a hook", True, _resource(MARK + HOOK) + ROUTE),
    ("below a hook on the class", True, _resource(MARK, head="@falcon.before(hook)\nclass Pay:") + ROUTE),
    ("rebound in the class body", True, _resource() + "    on_post = money_moving(on_post)\n\n\n" + ROUTE),
    (
        "rebound on the class before the route",
        True,
        _resource() + "Pay.on_post = money_moving(Pay.on_post)\n" + ROUTE,
    ),
    (
        "rebound on the class after the route",
        False,
        _resource() + ROUTE + "Pay.on_post = money_moving(Pay.on_post)\n",
    ),
    (
        "wrapped on the instance before the route",
        True,
        _resource() + 'pay = Pay()\npay.on_post = money_moving(pay.on_post)\napp.add_route("/pay", pay)\n',
    ),
    (
        "on the responder of a base class",
        True,
        _resource(MARK, head="class Base:") + "class Pay(Base):\n    pass\n\n\n" + ROUTE,
    ),
    (
        "class that inherits its handler",
        True,
        _resource(head="class Base:") + "@money_moving\nclass Pay(Base):\n    pass\n\n\n" + ROUTE,
    ),
    (
        "on a base class, overridden",
        False,
        "@money_moving" + _resource(head="class Base:") + _resource(head="class Pay(Base):") + ROUTE,
    ),
    (
        "on the responder of a base class, overridden",
        False,
        _resource(MARK, head="class Base:") + _resource(head="class Pay(Base):") + ROUTE,
    ),
    (
        "on the plain responder of a route with a suffix",
        False,
        _resource(MARK)
        + "    def on_post_again(self, req, resp):\n        resp.media = {}\n\n\n"
        + 'app.add_route("/pay", Pay(), suffix="again")\n',
    ),
    (
        "on the responder with the suffix",
        True,
        _resource()
        + "    @money_moving\n    def on_post_again(self, req, resp):\n        resp.media = {}\n\n\n"
        + 'app.add_route("/pay", Pay(), suffix="again")\n',
    ),
    (
        "on a responder of a module",
        True,
        "@money_moving\ndef on_post(req, resp):\n    resp.media = {}\n\n\n"
        + 'pay = ModuleType("pay")\npay.on_post = on_post\napp.add_route("/pay", pay)\n',
    ),
    (
        "sink, wrapped",
        True,
        'def sink(req, resp, **kwargs):\n    resp.media = {}\n\n\napp.add_sink(money_moving(sink), "/pay")\n',
    ),
    (
        "sink, rebound after",
        False,
        'def sink(req, resp, **kwargs):\n    resp.media = {}\n\n\napp.add_sink(sink, "/pay")\nsink = money_moving(sink)\n',
    ),
)

SNIPPETS = snippets(PRELUDE, TABLE)


def _post(app: Any, path: str) -> int:
    return TestClient(app).simulate_post(path).status_code


def is_effective(source: str) -> bool:
    """Whether each POST of the snippet runs the mark, sent through Falcon's own client."""
    return every_post_runs_the_mark(source, _post)

"""Tornado: tables and constructors that the cases do not reach."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lint.frameworks.annotated import check_source, sources

TABLE = """
### Application.__init__ called by its name, and a base class that is routed itself
import tornado.web


class Pay(tornado.web.RequestHandler):
    def post(self): ...  # found


class Instant(Pay):
    def post(self): ...  # found


class Bank(tornado.web.Application):
    def __init__(self):
        tornado.web.Application.__init__(self, [(r"/pay", Pay), (r"/instant", Instant)])


class Other(dict):
    def __init__(self):
        super().__init__([("a", 1)])
        dict.__init__(self)
        tornado.web.ErrorHandler.__init__(self, None)


class Empty(tornado.web.Application):
    def __init__(self):
        super().__init__()


class Mixed(Other, Empty):
    def __init__(self):
        super().__init__()

### a base class that nothing routes is no handler
from tornado.web import Application, RequestHandler


class Command(RequestHandler):
    def post(self): ...


class Pay(Command):  # found
    limit = 3


app = Application([(r"/pay", Pay)])

### a rule's target may be a function, a name, or a whole application
from tornado.routing import PathMatches, Rule, RuleRouter
from tornado.web import Application, RedirectHandler, RequestHandler, url


def connection(request): ...  # found


class Pay(RequestHandler):
    SUPPORTED_METHODS = ("POST",)

    def post(self): ...  # found


class Read(RequestHandler):
    SUPPORTED_METHODS = ("GET",)

    def get(self): ...

    def post(self): ...


inner = Application([url(r"/pay", "wallet.app.Pay"), (r"/read", Read), ("too short",)])
router = RuleRouter([Rule(PathMatches("/raw"), connection), Rule(PathMatches("/.*"), inner)])
inner.add_handlers(r".*", [(r"/unknown", "nowhere.Handler"), (r"/old", RedirectHandler, {"url": "/"})])

### a constructor that routes a function
from tornado.web import Application


def raw(request):  # found
    return request.method == "POST"


class Bank(Application):
    def __init__(self):
        super().__init__([(r"/raw", raw)])
"""


@pytest.mark.parametrize("source", sources(TABLE))
def test_what_registers_is_found(source: str, tmp_path: Path) -> None:
    check_source(source, tmp_path)

"""CherryPy: exposed methods, and classes that are dispatched to by method."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lint.frameworks.annotated import check_source, sources

TABLE = """
### exposed methods answer any method, unless a tool says which
import cherrypy
from idem_runtime import money_moving


class Root:
    @cherrypy.expose
    @money_moving
    def transfer(self, amount): ...  # found: money_moving

    @money_moving
    @cherrypy.expose
    def above(self, amount): ...  # found: money_moving

    @cherrypy.expose
    @cherrypy.tools.allow(methods=["POST"])
    def payout(self, amount): ...  # found

    @cherrypy.expose
    @cherrypy.tools.allow(methods=["GET"])
    def limits(self): ...

    @cherrypy.expose
    @cherrypy.tools.allow()
    def rates(self): ...

    def late(self): ...  # found

    late.exposed = True

    def hidden(self): ...

    hidden.exposed = False

    @cherrypy.expose(["alias"])
    def aliased(self): ...  # found

    def plain(self): ...


class Reading:
    _cp_config = {"tools.allow.on": True, "tools.allow.methods": ["GET"]}

    @cherrypy.expose
    def fees(self): ...


cherrypy.quickstart(Root())

### methods in capitals
import cherrypy
from idem_runtime import money_moving


class Transfers:
    exposed = True

    def GET(self): ...

    def POST(self): ...  # found


@cherrypy.expose
class Payouts:
    @money_moving
    def POST(self): ...  # found: money_moving


class Limits:
    exposed = True

    def GET(self): ...


conf = {"/": {"request.dispatch": cherrypy.dispatch.MethodDispatcher()}}
cherrypy.tree.mount(Transfers(), "/transfers", conf)

### a function that is exposed where nothing is a class
import cherrypy


@cherrypy.expose
def transfer(amount): ...  # found
"""


@pytest.mark.parametrize("source", sources(TABLE))
def test_what_registers_is_found(source: str, tmp_path: Path) -> None:
    check_source(source, tmp_path)

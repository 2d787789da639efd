"""Starlette: applications, endpoints and conditions that the cases do not reach."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lint.frameworks.annotated import check_source, sources

TABLE = """
### what is mounted: functions and callable objects of the project, nothing of a package
from starlette.applications import Starlette
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from graph import GraphQL


async def raw(scope, receive, send): ...  # found


class Gateway:
    async def __call__(self, scope, receive, send): ...  # found


async def read(request): ...


app = Starlette(
    routes=[
        Mount("/static", StaticFiles(directory="static")),
        Mount("/graph", GraphQL()),
        Mount("/gateway", Gateway()),
        Route("/read", read, methods=None),
    ]
)
app.mount("/raw", raw)


def attach(inner):
    app.mount("/inner", inner)

### methods that a condition gives
from starlette.routing import Route

NONE = []
SOME = ["POST"]
TABLE = {}


async def first(request): ...  # found


async def second(request): ...  # found


async def third(request): ...


async def fourth(request): ...  # found


async def fifth(request): ...  # undecided


def routes(verbs):
    return [
        Route("/1", first, methods=NONE or ["POST"]),
        Route("/2", second, methods=SOME and SOME),
        Route("/3", third, methods=NONE and SOME),
        Route("/4", fourth, methods=list(TABLE) or SOME),
        Route("/5", fifth, methods=verbs() or None),
    ]

### a project's street map drops what a route would need
from starlette.testclient import TestClient


class Map:
    def add_route(self, start, end, methods=()): self.roads = (start, end)


def drive(): ...


Map().add_route("/street", drive, methods=["POST"])

### an endpoint that dispatches by itself, on its own or by a base class
from starlette.endpoints import HTTPEndpoint
from starlette.routing import Route


class Own(HTTPEndpoint):
    async def dispatch(self): ...  # found


class Inherits(Own):  # found
    limit = 3


routes = [Route("/own", Own), Route("/inherits", Inherits)]

### a dispatch that hands on to the framework's
from starlette.endpoints import HTTPEndpoint
from starlette.routing import Route


class Traced(HTTPEndpoint):
    async def dispatch(self):
        print(self.scope)
        await super().dispatch()


class Transfers(Traced):
    async def get(self, request): ...

    async def post(self, request): ...  # found


class Rates(Traced):
    async def get(self, request): ...


class Alone(HTTPEndpoint):
    async def dispatch(self):  # found
        await super().method_not_allowed(None)


class Other(HTTPEndpoint):
    async def dispatch(self):  # found
        print(self.dispatch())


routes = [Route("/t", Transfers), Route("/r", Rates), Route("/a", Alone), Route("/o", Other)]
"""


@pytest.mark.parametrize("source", sources(TABLE))
def test_what_registers_is_found(source: str, tmp_path: Path) -> None:
    check_source(source, tmp_path)

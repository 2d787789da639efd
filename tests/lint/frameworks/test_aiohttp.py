"""aiohttp: the client, resources, and values that the cases do not reach."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lint.frameworks.annotated import check_source, sources

TABLE = """
### the client registers nothing, also beside another framework
import aiohttp
from wallet.server import app


@app.route("/pay", methods=["POST"])
def pay(): ...  # found


async def call(session: aiohttp.ClientSession):
    async with session.post("/pay", json={}) as answer:
        return answer

--- wallet/server.py
from flask import Flask

app = Flask(__name__)

### resources, views and constants
from aiohttp import hdrs, web
from elsewhere import VERB


async def pay(request): ...  # found


async def options(request): ...


async def unknown(request): ...  # undecided


class Desk(web.View):
    async def post(self): ...  # found


def setup(app: web.Application) -> None:
    desk = app.router.add_resource("/desk")
    desk.add_route(hdrs.METH_POST, pay)
    desk.add_route(hdrs.METH_OPTIONS, handler=options)
    desk.add_route(VERB, unknown)
    desk.add_route("*", Desk)
    app.router.add_route()
"""


@pytest.mark.parametrize("source", sources(TABLE))
def test_what_registers_is_found(source: str, tmp_path: Path) -> None:
    check_source(source, tmp_path)

"""Ravyn, Esmerald and Lilya."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lint.frameworks.annotated import check_source, sources

TABLE = """
### bare decorators, controllers, applications
from idem_runtime import money_moving
from ravyn import Controller, Gateway, Ravyn, get, post, route


@post("/transfers")
@money_moving
def transfer() -> dict: ...  # found: money_moving


@post()
def without_path() -> dict: ...  # found


@route("/both", methods=["POST", "PUT"])
def both() -> dict: ...  # found


@get("/limits")
def limits() -> dict: ...


class Wallet(Controller):
    path = "/wallet"

    @post("/payouts")
    def payout(self) -> dict: ...  # found


app = Ravyn(routes=[Gateway(handler=transfer), Gateway(handler=Wallet)])


@app.post("/tips")
def tip() -> dict: ...  # found

### what Esmerald calls the same
from esmerald import APIView, Esmerald, Gateway, post, whpost


class Wallet(APIView):
    @post("/payouts")
    async def payout(self) -> dict: ...  # found


@whpost("paid")
async def paid() -> None: ...


app = Esmerald(routes=[Gateway(handler=Wallet)])

### paths of Lilya
from lilya.apps import Lilya
from lilya.routing import Path


async def transfer(): ...  # found


async def limits(): ...


app = Lilya(routes=[Path("/transfers", transfer, methods=["POST"]), Path("/limits", limits)])
"""


@pytest.mark.parametrize("source", sources(TABLE))
def test_what_registers_is_found(source: str, tmp_path: Path) -> None:
    check_source(source, tmp_path)

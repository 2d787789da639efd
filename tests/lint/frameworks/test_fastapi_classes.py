"""Classes whose methods are routes of FastAPI, and routers that make routes themselves."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lint.frameworks.annotated import check_source, sources

TABLE = """
### resources of fastapi-utils
from fastapi import FastAPI
from fastapi_utils import Api, Resource
from idem_runtime import money_moving


class Transfers(Resource):
    def get(self): ...

    @money_moving
    def post(self, amount: int): ...  # found: money_moving


class Payouts(Resource):
    def post(self, amount: int): ...  # found


app = FastAPI()
api = Api(app)
api.add_resource(Transfers(), "/transfers", "/transfers/again")
api.add_resource(Payouts(), "/payouts")

### fastapi-class
from fastapi import APIRouter
from fastapi_class import Method, View, endpoint
from idem_runtime import money_moving

router = APIRouter()


@View(router, path="/transfers")
class Transfers:
    async def post(self, amount: int): ...  # found

    async def get(self): ...

    @endpoint(("POST",), path="/reverse")
    async def reverse(self, transfer: str): ...  # found

    @money_moving
    @endpoint([Method.POST], path="/above")
    async def above(self, transfer: str): ...  # found: money_moving

    @endpoint(path="/limit")
    async def put(self, amount: int): ...


@View(router)
class Reading:
    async def get(self): ...


class Base:
    async def post(self, amount: int): ...


@View(router, path="/heir")
class Heir(Base): ...  # found

### fastapi-controllers
from fastapi import FastAPI
from fastapi_controllers import Controller, get, post
from idem_runtime import money_moving


class Wallet(Controller):
    prefix = "/wallet"

    @post("/transfers")
    async def transfer(self, amount: int): ...  # found

    @money_moving
    @post("/above")
    async def above(self, amount: int): ...  # found: money_moving

    @get("/balance")
    async def balance(self): ...


app = FastAPI()
app.include_router(Wallet.create_router())

### routers that make a POST of their own
from fastapi_crudrouter import MemoryCRUDRouter
from fastapi_crudrouter.core import CRUDGenerator
from fastcrud import crud_router

transfers = MemoryCRUDRouter(schema=dict, prefix="/transfers")  # undecided
reading = MemoryCRUDRouter(schema=dict, prefix="/reading", create_route=False)


@transfers.post("")
def create(transfer: dict): ...  # found


payouts = crud_router(session=None, model=None, path="/payouts")  # undecided
only = crud_router(session=None, model=None, path="/only", included_methods=["read"])
without = crud_router(session=None, model=None, path="/without", deleted_methods=["create"])
named = crud_router(session=None, model=None, path="/named", included_methods=["create"])  # undecided


class Own(CRUDGenerator):
    pass


own = Own(schema=dict)  # undecided

### NiceGUI
from nicegui import app, ui


@app.post("/transfers")
def transfer(amount: int): ...  # found


@ui.page("/wallet")
def page(): ...
"""


@pytest.mark.parametrize("source", sources(TABLE))
def test_what_registers_is_found(source: str, tmp_path: Path) -> None:
    check_source(source, tmp_path)

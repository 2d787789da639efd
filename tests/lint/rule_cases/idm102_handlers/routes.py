import falcon
from aiohttp import web
from fastapi import APIRouter
from fastmcp import FastMCP
from flask import Blueprint, views

import bank_pb2_grpc
from idem_runtime import money_moving
from ledger import book

router = APIRouter()
blueprint = Blueprint("b", __name__)
server = FastMCP("bank")


@router.get("/refunds/{account}")
def refund_by_link(account: str):  # want IDM102
    book(account, 1)


@router.put("/accounts/{account}")
def replace(account: str):  # want IDM102
    book(account, 1)


@router.patch("/accounts/{account}")
@money_moving
def change(account: str):
    book(account, 1)


@router.delete("/accounts/{account}")
def delete(account: str):
    return account


@router.post("/notes")
def outside(account: str):  # want IDM102
    book(account, 1)


@router.post("/marked")
@money_moving
def marked(account: str):
    book(account, 1)


@router.post("/reads")
def reads(account: str):
    return account


class Servicer(bank_pb2_grpc.BankServicer):
    def Transfer(self, request, context):  # want IDM102
        book(request.account, 1)


@server.tool
def tool(account: str) -> None:  # want IDM102
    book(account, 1)


class Balance(views.MethodView):
    def get(self, account):
        return account

    def put(self, account):  # want IDM102
        book(account, 1)


class Shared(views.MethodView):
    def put(self, account):
        self.move(account)


class Savings(Shared):  # want IDM102
    def move(self, account):
        book(account, 1)


class Nothing(Shared):
    put = None


blueprint.add_url_rule("/savings", view_func=Savings.as_view("savings"))
blueprint.add_url_rule("/nothing", view_func=Nothing.as_view("nothing"))
blueprint.add_url_rule("/balance", view_func=Balance.as_view("balance"))

application = web.Application()
application.router.add_get("/link", lambda request: book(request, 1))  # want IDM102


falcon_app = falcon.App()


class Falcon:
    def on_delete(self, request, response):  # want IDM102
        book("a", 1)

    def on_put_limits(self, request, response):  # want IDM102
        book("a", 1)

    def on_get(self):
        book("a", 1)


falcon_app.add_route("/accounts", Falcon())

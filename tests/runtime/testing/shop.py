"""Applications that storms are let loose on; processes that are killed read them by their names."""

from __future__ import annotations

import os
from typing import Any

import psycopg
from fastapi import FastAPI
from flask import Flask, request
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from idem_runtime import Idempotency, KeyInvalid, money_moving

INSERT = "INSERT INTO ledger (amount) VALUES (%s)"


made: list[Idempotency] = []
"""What this process has made, for whoever runs a storm to close."""


def _idem(**options: Any) -> Idempotency:
    made.append(Idempotency(os.environ["SHOP_DSN"], **options))
    return made[-1]


def tenant(request: Any) -> Any:
    return request.headers.get("x-tenant")


def asgi(*, marked: bool = True) -> Starlette:
    idem = _idem(principal=tenant)

    async def transfer(request: Request) -> JSONResponse:
        amount = (await request.json())["amount"]
        if marked:
            await (await idem.connection()).execute(INSERT, (amount,))
        else:
            async with await psycopg.AsyncConnection.connect(os.environ["SHOP_DSN"]) as db:
                await db.execute(INSERT, (amount,))
        return JSONResponse({"amount": amount}, 201)

    async def broken(request: Request) -> JSONResponse:
        raise RuntimeError("out of order")

    handler = money_moving(transfer) if marked else transfer
    routes = [Route("/transfers", handler, methods=["POST"]), Route("/broken", broken, methods=["POST"])]
    app = Starlette(routes=routes)
    idem.install(app)
    return app


def unmarked() -> Starlette:
    return asgi(marked=False)


def unstarted() -> FastAPI:
    app = FastAPI()
    _idem().install(app, require_marks=True)
    app.post("/transfers")(lambda: None)
    return app


def wsgi() -> Flask:
    idem = _idem(principal=tenant)
    app = Flask(__name__)
    idem.init_app(app)

    @app.post("/transfers")
    @money_moving
    def transfer() -> tuple[dict[str, int], int]:
        amount = (request.json or {})["amount"]
        idem.sync_connection().execute(INSERT, (amount,))
        return {"amount": amount}, 201

    return app


def _key(name: str, *_: Any) -> str:
    if not name:
        raise KeyInvalid
    return name


MARK: dict[str, Any] = {
    "operation": "pay",
    "key": _key,
    "principal": lambda name, amount, who="alice": who,
    "fingerprint": lambda name, amount, who="alice": amount,
    "connection": "inside",
}


def functions() -> dict[str, Any]:
    """One of each, on an ``Idempotency`` that this process has installed."""
    idem = _idem()
    idem.install()

    @money_moving(**MARK)
    def pay(name: str, amount: int, who: str = "alice") -> int:
        idem.sync_connection().execute(INSERT, (amount,))
        return amount

    @money_moving(**MARK)
    async def pay_async(name: str, amount: int, who: str = "alice") -> int:
        await (await idem.connection()).execute(INSERT, (amount,))
        return amount

    return {"sync": pay, "async": pay_async}


def pay() -> Any:
    return functions()["sync"]


@money_moving(
    operation="external", effect="external", key=lambda name: name, principal=lambda name: "alice", wait=0
)
def _external(name: str) -> int:
    with psycopg.connect(os.environ["SHOP_DSN"], autocommit=True) as provider:
        provider.execute(INSERT, (7,))
    return 7


def external() -> Any:
    _idem().install()
    return _external

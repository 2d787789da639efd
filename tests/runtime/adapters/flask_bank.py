"""The contract's bank on Flask."""

from __future__ import annotations

import asyncio
import itertools
from typing import Any

import psycopg
from flask import Blueprint, Flask, Response, abort, jsonify, redirect, request
from flask.views import MethodView

from idem_runtime import Idempotency, NotExecuted, money_moving, not_money_moving
from tests.runtime import orm
from tests.runtime.adapters.contract import CAP


def amount() -> int:
    found = request.get_json()["amount"]
    if not isinstance(found, int):
        abort(400)
    return found


def write(db: Any, value: int) -> dict[str, int]:
    return {"id": orm.write(db, value), "amount": value}


def bank(idem: Idempotency, dsn: str, *, joined: bool = False) -> Flask:  # noqa: C901, PLR0915 - one function per route of the contract
    app = Flask("bank")
    idem.init_app(app, require_marks=True)
    calls = itertools.count()
    lend = idem.sync_session if joined else idem.sync_connection
    accounts = Blueprint("accounts", "accounts", url_prefix="/accounts")

    @app.before_request
    def validate() -> None:
        amount()

    def write_outside() -> dict[str, int]:
        with psycopg.connect(dsn, autocommit=True) as db:
            return write(db, amount())

    @app.post("/transfers")
    @money_moving
    def transfers(db: Any = idem.lent_session if joined else idem.lent) -> Response:
        done = write(db, amount())
        response = jsonify(done)
        response.status_code = 201
        response.headers["location"] = f"/transfers/{done['id']}"
        response.set_cookie("session", "alice's")
        return response

    @app.post("/slow")
    @money_moving(wait=15)
    async def slow() -> Any:
        await asyncio.sleep(0.3)
        return write(lend(), amount()), 201

    class Declined(MethodView):
        @money_moving
        def post(self) -> Any:
            write(lend(), amount())
            return {"declined": True}, 409

    app.add_url_rule("/declined", view_func=Declined.as_view("declined"))

    @app.post("/insufficient")
    @money_moving
    def insufficient() -> None:
        write(lend(), amount())
        abort(Response("insufficient", 402))

    @app.post("/crash")
    @money_moving
    async def crash() -> None:
        write(lend(), amount())
        raise RuntimeError("crash")

    @app.post("/unavailable")
    @money_moving
    def unavailable() -> Any:
        write(lend(), amount())
        return {}, 503

    @app.post("/committing")
    @money_moving
    def committing() -> Any:
        db = lend()
        done = write(db, amount())
        orm.raw_commit(db)
        return done

    def violate() -> None:
        db = lend()
        done = write(db, amount())
        try:
            orm.write(db, 1, done["id"])
        except orm.VIOLATIONS:
            return
        raise AssertionError

    @app.post("/conflict")
    @money_moving
    def conflict() -> Any:
        violate()
        return {"conflict": True}, 409

    @app.post("/swallowed")
    @money_moving
    def swallowed() -> Any:
        violate()
        return {"done": True}

    @app.post("/big")
    @money_moving
    def big() -> str:
        write(lend(), amount())
        return "x" * (CAP + 1)

    @app.post("/stream")
    @money_moving
    def stream() -> Response:
        write(lend(), amount())
        return Response(iter(["a", "b"]))

    @app.post("/empty")
    @money_moving
    def empty() -> Any:
        write(lend(), amount())
        return "", 204

    @app.post("/redirect")
    @money_moving
    def redirected() -> Any:
        write(lend(), amount())
        return redirect("/transfers/1", 303)

    @accounts.post("/<name>")
    @money_moving
    def account(name: str) -> Any:
        return write(lend(), amount()), 201

    app.register_blueprint(accounts)

    @app.post("/external")
    @money_moving(effect="external")
    def external() -> Any:
        return write_outside(), 201

    @app.post("/external-crash")
    @money_moving(effect="external")
    def external_crash() -> None:
        write_outside()
        raise RuntimeError("crash")

    @app.post("/not-executed")
    @money_moving(effect="external")
    def not_executed() -> Any:
        if next(calls) == 0:
            raise NotExecuted
        return write_outside(), 201

    @app.post("/unmarked")
    @not_money_moving(reason="reads only")
    def unmarked() -> Any:
        return {"fee": 1}

    return app

"""The contract's bank on the toy framework."""

from __future__ import annotations

import functools
import itertools
import time
from typing import Any

import psycopg

from idem_runtime import Idempotency, NotExecuted, money_moving, not_money_moving
from idem_runtime.idempotency import runtime_of
from tests.runtime import orm
from tests.runtime.adapters import toy
from tests.runtime.adapters.contract import CAP
from tests.runtime.adapters.toy_framework import Answer, Toy, ToyError

Body = dict[str, Any]


def validated(handler: Any) -> Any:
    """What stands before a handler and its mark."""

    @functools.wraps(handler)
    def called(body: Body, **path: str) -> Any:
        if not isinstance(body["amount"], int):
            raise ToyError(400)
        return handler(body, **path)

    return called


def bank(idem: Idempotency, dsn: str) -> Toy:  # noqa: C901 - one function per route of the contract
    app = Toy()
    calls = itertools.count()

    def write(db: Any, body: Body) -> Body:
        return {"id": orm.write(db, body["amount"]), "amount": body["amount"]}

    def write_inside(body: Body) -> Body:
        return write(idem.sync_connection(), body)

    def write_outside(body: Body) -> Body:
        with psycopg.connect(dsn, autocommit=True) as db:
            return write(db, body)

    @app.post("/transfers")
    @validated
    @money_moving
    def transfers(body: Body) -> Any:
        done = write_inside(body)
        return 201, done, [("Location", f"/transfers/{done['id']}"), ("Set-Cookie", "session=alice")]

    @app.post("/slow")
    @money_moving(wait=15)
    def slow(body: Body) -> Any:
        time.sleep(0.3)
        return 201, write_inside(body)

    @app.post("/declined")
    @money_moving
    def declined(body: Body) -> Any:
        write_inside(body)
        return 409, {"declined": True}

    @app.post("/insufficient")
    @money_moving
    def insufficient(body: Body) -> Any:
        write_inside(body)
        raise ToyError(402, "insufficient")

    @app.post("/crash")
    @money_moving
    def crash(body: Body) -> Any:
        write_inside(body)
        raise RuntimeError("crash")

    @app.post("/unavailable")
    @money_moving
    def unavailable(body: Body) -> Any:
        return 503, write_inside(body)

    @app.post("/committing")
    @money_moving
    def committing(body: Body) -> Any:
        done = write_inside(body)
        orm.raw_commit(idem.sync_connection())
        return 200, done

    def violate(body: Body) -> None:
        done = write_inside(body)
        try:
            orm.write(idem.sync_connection(), 1, done["id"])
        except orm.VIOLATIONS:
            return
        raise AssertionError

    @app.post("/conflict")
    @money_moving
    def conflict(body: Body) -> Any:
        violate(body)
        return 409, {"conflict": True}

    @app.post("/swallowed")
    @money_moving
    def swallowed(body: Body) -> Any:
        violate(body)
        return 200, {"done": True}

    @app.post("/big")
    @money_moving
    def big(body: Body) -> Any:
        write_inside(body)
        return 200, "x" * CAP

    @app.post("/stream")
    @money_moving
    def stream(body: Body) -> Any:
        write_inside(body)
        return Answer(200, iter([b"a", b"b"]))

    @app.post("/empty")
    @money_moving
    def empty(body: Body) -> Any:
        return 204, write_inside(body)

    @app.post("/redirect")
    @money_moving
    def redirect(body: Body) -> Any:
        return 303, write_inside(body), [("Location", "/transfers/1")]

    @app.post("/accounts/{name}")
    @money_moving
    def account(body: Body, name: str) -> Any:
        return 201, write_inside(body)

    @app.post("/external")
    @money_moving(effect="external")
    def external(body: Body) -> Any:
        return 201, write_outside(body)

    @app.post("/external-crash")
    @money_moving(effect="external")
    def external_crash(body: Body) -> Any:
        write_outside(body)
        raise RuntimeError("crash")

    @app.post("/not-executed")
    @money_moving(effect="external")
    def not_executed(body: Body) -> Any:
        if next(calls) == 0:
            raise NotExecuted
        return 201, write_outside(body)

    @app.post("/unmarked")
    @not_money_moving(reason="reads only")
    def unmarked(body: Body) -> Any:
        return 200, {"fee": 1}

    toy.install(runtime_of(idem), app, require_marks=True)
    return app

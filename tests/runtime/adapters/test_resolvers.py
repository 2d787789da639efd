"""Who asks: an exception in ``principal=`` or ``scope=`` is a logged 500, never a silent 401; awaitable ones are waited for."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest
from fastapi import FastAPI, HTTPException, Request
from flask import Flask, abort
from flask import request as flask_request

from idem_runtime import Idempotency, PrincipalMissing, money_moving
from tests.runtime.adapters.asking import INSERT, Database, asked
from tests.runtime.adapters.contract import ledger, records

Ask = Callable[[Idempotency, Any], tuple[int, Any]]


def ask_async(idem: Idempotency, mark: Any) -> tuple[int, Any]:
    app = FastAPI()
    idem.install(app)

    @app.post("/t")
    @mark
    async def pay(request: Request) -> None:
        await (await idem.connection()).execute(INSERT, (5,))

    return answered(idem, app)


def ask_sync(idem: Idempotency, mark: Any) -> tuple[int, Any]:
    app = FastAPI()
    idem.install(app)

    @app.post("/t")
    @mark
    def pay(request: Request) -> None:
        idem.sync_connection().execute(INSERT, (5,))

    return answered(idem, app)


def answered(idem: Idempotency, app: FastAPI) -> tuple[int, Any]:
    (answer,) = asked(idem, app, {})
    return answer.status_code, answer.json() if answer.headers["content-type"].endswith("json") else None


def flask_app(idem: Idempotency) -> Flask:
    app = Flask("resolvers")
    idem.init_app(app)
    return app


def post(idem: Idempotency, app: Flask) -> tuple[int, Any]:
    try:
        answer: Any = app.test_client().post("/t", headers={"idempotency-key": "k"}, json={"amount": 5})
    finally:
        idem.close()
    return answer.status_code, answer.json if answer.is_json else None


def ask_flask(idem: Idempotency, mark: Any) -> tuple[int, Any]:
    app = flask_app(idem)

    @app.post("/t")
    @mark
    def pay() -> str:
        return str(idem.sync_connection().execute(INSERT, (5,)).rowcount)

    return post(idem, app)


def ask_flask_async(idem: Idempotency, mark: Any) -> tuple[int, Any]:
    app = flask_app(idem)

    @app.post("/t")
    @mark
    async def pay() -> str:
        return str(idem.sync_connection().execute(INSERT, (5,)).rowcount)

    return post(idem, app)


@pytest.fixture(params=[ask_async, ask_sync, ask_flask, ask_flask_async])
def ask(request: Any) -> Ask:
    found: Ask = request.param
    return found


def failing(error: Exception) -> list[Any]:
    """Resolvers that raise ``error``, at once and when they are awaited."""

    def fails(request: Any) -> str:
        raise error

    async def fails_later(request: Any) -> str:
        raise error

    return [fails, fails_later]


PROGRAMS = [KeyError("x-tenant"), AttributeError("tenant"), ValueError("no"), RuntimeError("no")]


@pytest.mark.parametrize("resolver", [found for error in PROGRAMS for found in failing(error)])
def test_an_exception_in_a_resolver_is_a_logged_500(
    dsn: str, db: Database, ask: Ask, resolver: Any, caplog: pytest.LogCaptureFixture
) -> None:
    assert ask(Idempotency(dsn, principal=resolver), money_moving) == (500, None)
    (said,) = [record for record in caplog.records if record.name == "idem_runtime"]
    assert said.levelno == logging.ERROR
    assert "principal= (" in said.getMessage()
    assert "x-tenant" not in said.getMessage()
    assert (ledger(db), records(db)) == ([], 0)


def test_an_exception_in_a_marks_scope_is_a_logged_500(
    dsn: str, db: Database, ask: Ask, caplog: pytest.LogCaptureFixture
) -> None:
    def scope() -> str:
        raise KeyError("tenant")

    assert ask(Idempotency(dsn, principal=lambda _: "alice"), money_moving(principal=scope)) == (500, None)
    (said,) = [record.getMessage() for record in caplog.records if record.name == "idem_runtime"]
    assert "principal= (" in said


def test_what_flask_would_answer_with_400_is_the_programs_mistake_too(dsn: str, db: Database) -> None:
    idem = Idempotency(dsn, principal=lambda request: request.headers["x-tenant"])
    assert ask_flask(idem, money_moving) == (500, None)
    assert ask_flask(Idempotency(dsn, principal=lambda _: flask_request.form["who"]), money_moving)[0] == 500


@pytest.mark.parametrize("resolver", failing(PrincipalMissing("Who are you?")))
def test_a_resolver_may_say_itself_that_nobody_asks(dsn: str, db: Database, ask: Ask, resolver: Any) -> None:
    status, told = ask(Idempotency(dsn, principal=resolver), money_moving)
    assert (status, told["code"], told["detail"]) == (401, "principal_missing", "Who are you?")


@pytest.mark.parametrize("resolver", failing(HTTPException(403)))
@pytest.mark.parametrize("ask_starlette", [ask_async, ask_sync])
def test_a_resolver_may_answer_as_its_framework_does(
    dsn: str, db: Database, ask_starlette: Ask, resolver: Any
) -> None:
    assert ask_starlette(Idempotency(dsn, principal=resolver), money_moving)[0] == 403


@pytest.mark.parametrize("ask_of_flask", [ask_flask, ask_flask_async])
def test_a_resolver_may_abort(dsn: str, db: Database, ask_of_flask: Ask) -> None:
    assert ask_of_flask(Idempotency(dsn, principal=lambda _: abort(403)), money_moving)[0] == 403


async def alice(request: Any) -> str:
    return "alice"


async def alice_in_mark() -> str:
    return "alice"


@pytest.mark.parametrize("where", ["idempotency", "mark"])
def test_an_awaitable_resolver_is_waited_for(dsn: str, db: Database, ask: Ask, where: str) -> None:
    idem = Idempotency(dsn, principal=alice if where == "idempotency" else None)
    mark = money_moving(principal=alice_in_mark) if where == "mark" else money_moving
    assert ask(idem, mark)[0] == 200
    (scope,) = db.execute("SELECT scope FROM idempotency_records").fetchone() or ()
    assert scope == "5:alice7:POST /t"


def test_a_resolver_may_read_the_body(dsn: str, db: Database) -> None:
    async def payer(request: Any) -> str:
        return f"payer-{(await request.json())['amount']}"

    for ask_starlette in (ask_async, ask_sync):
        assert ask_starlette(Idempotency(dsn, principal=payer), money_moving)[0] == 200
    idem = Idempotency(dsn, principal=lambda request: f"payer-{request.get_json()['amount']}")
    assert ask_flask(idem, money_moving)[0] == 200
    assert [row[0] for row in db.execute("SELECT scope FROM idempotency_records")] == ["7:payer-57:POST /t"]


def test_an_earlier_resolver_that_raises_finds_nobody_and_says_so(
    dsn: str, db: Database, ask: Ask, caplog: pytest.LogCaptureFixture
) -> None:
    for earlier in failing(KeyError("x-tenant")):
        caplog.clear()
        idem = Idempotency(dsn, principal=lambda _: "alice", previous_principals=(earlier,))
        assert ask(idem, money_moving)[0] == 200
        said = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
        assert any("previous_principals= (" in message and "passed over" in message for message in said)
    (earlier,) = failing(ValueError("no"))[:1]
    idem = Idempotency(dsn, principal=lambda _: "alice", previous_principals=(earlier,))
    assert ask(idem, money_moving)[0] == 500

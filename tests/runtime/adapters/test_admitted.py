"""Admission before what may refuse: a check of present state does not refuse the retry of what was done."""

import asyncio
import logging
from collections.abc import Iterator
from typing import Annotated, Any

import pytest
from fastapi import Depends, FastAPI, Header, HTTPException
from flask import Flask, abort
from pydantic import BaseModel, Field

from idem_runtime import ConfigurationError, Idempotency, current_attempt, from_header, money_moving
from tests.runtime.adapters.asking import INSERT, Database, Wire, asked, finished, post, tenant
from tests.runtime.adapters.contract import code, ledger, records


@pytest.fixture
def idem(dsn: str, db: Database) -> Idempotency:
    return Idempotency(dsn, principal=tenant)


@pytest.fixture
def app(idem: Idempotency) -> FastAPI:
    app = FastAPI()
    idem.install(app)
    return app


class Bank:
    """A balance that one payment uses up, and who was asked."""

    def __init__(self) -> None:
        self.balance = 5
        self.asked: list[str] = []

    def enough(self) -> None:
        self.asked.append("balance")
        if self.balance < 5:
            raise HTTPException(402)

    async def authenticated(self, x_tenant: Annotated[str, Header()]) -> None:
        self.asked.append("who")
        if x_tenant == "mallory":
            raise HTTPException(403)


def routes(app: FastAPI, idem: Idempotency, bank: Bank) -> None:
    """The same payment in both colours and effects, admitted behind authentication and before the balance."""
    order = [Depends(bank.authenticated), Depends(idem.admitted), Depends(bank.enough)]

    class Dated(BaseModel):
        amount: int = Field(le=5)

    @app.post("/async", status_code=201, dependencies=order)
    @money_moving
    async def a(body: Dated, db: Annotated[Any, Depends(idem.connection)]) -> dict[str, int]:
        await db.execute(INSERT, (body.amount,))
        bank.balance = 0
        return {"paid": body.amount}

    @app.post("/sync", status_code=201, dependencies=order)
    @money_moving
    def s(body: Dated, db: Annotated[Any, Depends(idem.sync_connection)]) -> dict[str, int]:
        db.execute(INSERT, (body.amount,))
        bank.balance = 0
        return {"paid": body.amount}

    @app.post("/external-async", status_code=201, dependencies=order)
    @money_moving(effect="external")
    async def ea(body: Dated) -> dict[str, int]:
        bank.balance = 0
        return {"paid": body.amount}

    @app.post("/external-sync", status_code=201, dependencies=order)
    @money_moving(effect="external")
    def es(body: Dated) -> dict[str, int]:
        bank.balance = 0
        return {"paid": body.amount}


PATHS = ["/async", "/sync", "/external-async", "/external-sync"]


@pytest.mark.parametrize("path", PATHS)
def test_a_retry_is_replayed_before_the_balance_is_looked_at(
    app: FastAPI, idem: Idempotency, db: Database, path: str
) -> None:
    bank = Bank()
    routes(app, idem, bank)
    first, again = asked(idem, app, {"path": path}, {"path": path})
    assert (first.status_code, again.status_code, again.content) == (201, 201, first.content)
    assert again.headers["idempotent-replayed"] == "true"
    assert bank.asked == ["who", "balance", "who"]


@pytest.mark.parametrize("path", PATHS)
def test_what_is_refused_between_admission_and_handler_frees_the_key(
    app: FastAPI, idem: Idempotency, db: Database, path: str
) -> None:
    bank = Bank()
    routes(app, idem, bank)
    bank.balance = 0
    refused, invalid = asked(idem, app, {"path": path}, {"path": path, "key": "other", "json": {"amount": 6}})
    assert (refused.status_code, invalid.status_code, records(db)) == (402, 402, 0)
    bank.balance = 5
    invalid, paid = asked(idem, app, {"path": path, "json": {"amount": 6}}, {"path": path})
    assert (invalid.status_code, paid.status_code) == (422, 201)
    assert ledger(db) == ([] if "external" in path else [5])


@pytest.mark.parametrize("path", PATHS)
def test_who_is_not_authenticated_learns_nothing_and_claims_nothing(
    app: FastAPI, idem: Idempotency, db: Database, path: str
) -> None:
    routes(app, idem, Bank())

    async def main() -> None:
        wire = Wire(path)
        headers = [
            (name, b"mallory" if name == b"x-tenant" else value) for name, value in wire.scope["headers"]
        ]
        wire.scope["headers"] = headers
        await wire.go(app)
        assert wire.status == 403

    finished(idem, main)
    assert records(db) == 0


@pytest.mark.parametrize("path", PATHS)
def test_what_is_wrong_with_a_key_is_said_where_it_is_admitted(
    app: FastAPI, idem: Idempotency, db: Database, path: str
) -> None:
    bank = Bank()
    routes(app, idem, bank)
    (answer,) = asked(idem, app, {"path": path, "key": None})
    assert code(answer) == "key_missing"
    assert "balance" not in bank.asked


@pytest.mark.parametrize("path", ["/async", "/sync"])
def test_duplicates_that_arrive_together_wait_where_they_are_admitted(
    app: FastAPI, idem: Idempotency, db: Database, path: str
) -> None:
    bank = Bank()
    routes(app, idem, bank)

    async def main() -> list[int]:
        answers = await asyncio.gather(*(post(app, path) for _ in range(12)))
        return [answer.status_code for answer in answers]

    assert finished(idem, main) == [201] * 12
    assert (ledger(db), bank.asked.count("balance")) == ([5], 1)


def test_a_handler_that_moves_no_money_passes_the_place_of_admission(
    app: FastAPI, idem: Idempotency, db: Database
) -> None:
    @app.post("/t", dependencies=[Depends(idem.admitted)])
    async def t() -> str:
        return "free"

    (answer,) = asked(idem, app, {"key": None})
    assert (answer.status_code, records(db)) == (200, 0)


def test_a_place_of_admission_that_is_passed_twice_admits_once(
    app: FastAPI, idem: Idempotency, db: Database
) -> None:
    async def nested(_: Annotated[None, Depends(idem.admitted, use_cache=False)]) -> None: ...

    @app.post("/t", dependencies=[Depends(idem.admitted), Depends(nested)])
    @money_moving
    async def t(db: Annotated[Any, Depends(idem.connection)]) -> None:
        await db.execute(INSERT, (5,))

    first, again = asked(idem, app, {}, {})
    assert (first.status_code, again.headers["idempotent-replayed"], ledger(db)) == (200, "true", [5])


def test_a_key_from_another_header_is_known_where_it_is_admitted(
    app: FastAPI, idem: Idempotency, db: Database
) -> None:
    @app.post("/t", dependencies=[Depends(idem.admitted)])
    @money_moving(key=from_header("x-tenant"))
    async def t(db: Annotated[Any, Depends(idem.connection)]) -> None:
        await db.execute(INSERT, (5,))

    first, again = asked(idem, app, {}, {})
    assert (first.status_code, "idempotent-replayed" in again.headers, ledger(db)) == (200, True, [5])


def test_a_mark_that_needs_the_handlers_arguments_cannot_be_admitted_before_them(
    app: FastAPI, idem: Idempotency, db: Database
) -> None:
    @app.post("/t", dependencies=[Depends(idem.admitted)])
    @money_moving(key=lambda body, db: body["id"])
    async def t(body: dict[str, str], db: Annotated[Any, Depends(idem.connection)]) -> None: ...

    async def main() -> None:
        with pytest.raises(ConfigurationError, match=r"key= of @money_moving"):
            await post(app, raises=True, json={"id": "1"})

    finished(idem, main)


def test_a_dependency_after_admission_that_loses_a_conflict_is_run_again(
    app: FastAPI, idem: Idempotency, db: Database
) -> None:
    import psycopg

    lost: list[int] = []

    async def balance() -> None:
        if not lost:
            lost.append(1)
            raise psycopg.errors.SerializationFailure

    @app.post("/t", status_code=201, dependencies=[Depends(idem.admitted), Depends(balance)])
    @money_moving
    async def t(db: Annotated[Any, Depends(idem.connection)]) -> None:
        await db.execute(INSERT, (5,))

    (answer,) = asked(idem, app, {})
    assert (answer.status_code, ledger(db), lost) == (201, [5], [1])


def test_outside_a_request_nothing_can_be_admitted(idem: Idempotency, db: Database) -> None:
    idem.install()

    @money_moving(operation="pay", key=lambda: "k", principal=lambda: "alice", effect="external")
    async def pay() -> None:
        assert current_attempt()
        await idem.admitted()

    async def main() -> None:
        with pytest.raises(ConfigurationError, match=r"idem\.admitted is for requests"):
            await pay()
        with pytest.raises(ConfigurationError, match="no money-moving execution"):
            await idem.admitted()

    finished(idem, main)


def test_dependencies_that_may_refuse_a_retry_are_named_at_start_up(
    app: FastAPI, idem: Idempotency, db: Database, caplog: pytest.LogCaptureFixture
) -> None:
    bank = Bank()
    routes(app, idem, bank)

    @app.post("/unordered", dependencies=[Depends(bank.enough)])
    @money_moving
    async def unordered(db: Annotated[Any, Depends(idem.connection)]) -> None: ...

    caplog.set_level(logging.INFO, "idem_runtime")
    asked(idem, app, {"path": "/async"})
    (said,) = [record.getMessage() for record in caplog.records if "belongs behind" in record.getMessage()]
    assert "POST /unordered" in said and "Bank.enough run before the key is looked up" in said


@pytest.fixture
def web(idem: Idempotency) -> Iterator[Flask]:
    web = Flask("web")
    idem.init_app(web)
    yield web
    idem.close()


@pytest.mark.parametrize("effect", ["local", "external"])
@pytest.mark.parametrize("colour", ["sync", "async"])
def test_flask_admits_among_what_runs_before_a_request(
    web: Flask, idem: Idempotency, db: Database, colour: str, effect: Any
) -> None:
    balance, seen = [5], list[str]()

    @web.before_request
    def authenticated() -> None:
        seen.append("who")

    web.before_request(idem.sync_admitted)
    web.before_request(idem.sync_admitted)  # once is enough, and twice is as once

    @web.before_request
    def enough() -> None:
        seen.append("balance")
        if not balance:
            abort(403)

    def pay() -> str:
        idem.sync_connection().execute(INSERT, (5,))
        balance.clear()
        return "paid"

    @web.post("/sync")
    @money_moving(effect=effect)
    def s() -> str:
        return pay()

    @web.post("/async")
    @money_moving(effect=effect)
    async def a() -> str:
        return pay()

    @web.post("/free")
    def free() -> str:
        return "free"

    def sent(key: str | None, path: str = f"/{colour}") -> Any:
        headers = {"x-tenant": "alice", **({} if key is None else {"idempotency-key": key})}
        return web.test_client().post(path, headers=headers, json={})

    assert [sent("k").text, sent("k").text] == ["paid", "paid"]
    assert seen == ["who", "balance", "who"]
    assert (sent("other").status_code, records(db)) == (403, 1)
    assert sent(None).get_json()["code"] == "key_missing"
    balance.append(5)
    assert sent("other").text == "paid"
    balance.append(5)
    assert sent(None, "/free").text == "free"
    assert ledger(db) == [5, 5]

"""What happens around a handler: raised too late, of two colours, refused inside, told from a request's state."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Any

import psycopg
import pytest
from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.exceptions import ResponseValidationError
from pydantic import BaseModel
from starlette.responses import JSONResponse, PlainTextResponse, Response

from idem_runtime import ConfigurationError, Idempotency, NotInstalled, money_moving
from tests.runtime.adapters.asking import INSERT, Database, Transfer, Wire, asked, finished, post, tenant
from tests.runtime.adapters.contract import code, ledger, records


@pytest.fixture
def idem(dsn: str, db: Database) -> Idempotency:
    return Idempotency(dsn, principal=tenant)


@pytest.fixture
def app(idem: Idempotency) -> FastAPI:
    app = FastAPI()
    idem.install(app)
    return app


class Receipt(BaseModel):
    id: int


def test_a_response_that_fails_its_model_after_the_handler_undoes_the_effect_even_where_it_is_mapped(
    app: FastAPI, idem: Idempotency, db: Database
) -> None:
    app.add_exception_handler(ResponseValidationError, lambda request, error: JSONResponse({}, 422))

    @app.post("/async", response_model=Receipt)
    @money_moving
    async def a(body: Transfer, db: Annotated[Any, Depends(idem.connection)]) -> Any:
        await db.execute(INSERT, (body.amount,))
        return {"id": "none"}

    @app.post("/sync", response_model=Receipt)
    @money_moving
    def s(body: Transfer, db: Annotated[Any, Depends(idem.sync_connection)]) -> Any:
        db.execute(INSERT, (body.amount,))
        return {"id": "none"}

    answers = asked(idem, app, *({"path": path} for path in ("/async", "/async", "/sync", "/sync")))
    assert [each.status_code for each in answers] == [422] * 4
    assert ["idempotent-replayed" in each.headers for each in answers] == [False, True] * 2
    assert (ledger(db), records(db)) == ([], 2)


def test_a_dependency_that_raises_after_the_handler_undoes_the_effect(
    app: FastAPI, idem: Idempotency, db: Database
) -> None:
    async def limited() -> AsyncIterator[None]:
        yield
        raise HTTPException(409, "limit exceeded")

    @app.post("/t")
    @money_moving
    async def t(
        body: Transfer,
        db: Annotated[Any, Depends(idem.connection)],
        _: Annotated[None, Depends(limited, scope="function")],
    ) -> None:
        await db.execute(INSERT, (body.amount,))

    first, again = asked(idem, app, {}, {})
    assert (first.status_code, again.status_code, again.content) == (409, 409, first.content)
    assert (ledger(db), records(db)) == ([], 1)


@pytest.mark.parametrize("path", ["/async", "/sync"])
def test_an_exception_that_is_being_handled_around_the_application_is_not_the_handlers(
    app: FastAPI, idem: Idempotency, db: Database, path: str
) -> None:
    async def around(scope: Any, receive: Any, send: Any) -> None:
        try:
            raise ValueError("the other backend is away")  # noqa: TRY301 - what a fallback does
        except ValueError:
            await app(scope, receive, send)

    @app.post("/async")
    @money_moving
    async def a(body: Transfer, db: Annotated[Any, Depends(idem.connection)]) -> JSONResponse:
        await db.execute(INSERT, (body.amount,))
        return JSONResponse({}, 409)

    @app.post("/sync")
    @money_moving
    def s(body: Transfer, db: Annotated[Any, Depends(idem.sync_connection)]) -> JSONResponse:
        db.execute(INSERT, (body.amount,))
        return JSONResponse({}, 409)

    assert [each.status_code for each in asked(idem, around, {"path": path}, {"path": path})] == [409, 409]
    assert ledger(db) == [5], "a 409 that is returned keeps its effect"


@pytest.mark.parametrize("path", ["/async", "/sync"])
def test_a_dependency_that_writes_on_the_other_colours_connection_is_refused(
    app: FastAPI, idem: Idempotency, db: Database, path: str
) -> None:
    async def audit(db: Annotated[Any, Depends(idem.connection)]) -> None:
        await db.execute(INSERT, (1,))

    def audit_sync(db: Annotated[Any, Depends(idem.sync_connection)]) -> None:
        db.execute(INSERT, (2,))

    @app.post("/async", dependencies=[Depends(audit_sync)])
    @money_moving
    async def a(body: Transfer, db: Annotated[Any, Depends(idem.connection)]) -> None:
        await db.execute(INSERT, (body.amount,))

    @app.post("/sync", dependencies=[Depends(audit)])
    @money_moving
    def s(body: Transfer, db: Annotated[Any, Depends(idem.sync_connection)]) -> None:
        db.execute(INSERT, (body.amount,))

    with pytest.raises(ConfigurationError, match=r"a dependency borrowed the other connection.* everywhere"):
        finished(idem, lambda: post(app, path, raises=True))
    assert (ledger(db), records(db)) == ([], 0)


def test_a_dependency_that_only_hands_the_other_colours_connection_on_is_fine(
    app: FastAPI, idem: Idempotency, db: Database
) -> None:
    @app.post("/t")
    @money_moving
    async def t(
        body: Transfer,
        db: Annotated[Any, Depends(idem.connection)],
        unused: Annotated[Any, Depends(idem.sync_connection)],
    ) -> str:
        await db.execute(INSERT, (body.amount,))
        return repr(unused)

    (answer,) = asked(idem, app, {})
    assert "not used yet" in answer.text
    assert ledger(db) == [5]


def test_one_application_is_protected_by_one_idempotency(app: FastAPI, dsn: str) -> None:
    with pytest.raises(ConfigurationError, match="one is enough"):
        Idempotency(dsn, principal=tenant).install(app)


@pytest.mark.parametrize("path", ["/async", "/sync"])
def test_another_idempotencys_connection_is_refused(
    app: FastAPI, idem: Idempotency, dsn: str, db: Database, path: str
) -> None:
    other = Idempotency(dsn, principal=tenant)

    @app.post("/async")
    @money_moving
    async def a(body: Transfer, db: Annotated[Any, Depends(other.connection)]) -> None: ...

    @app.post("/sync")
    @money_moving
    def s(body: Transfer) -> None:
        other.sync_connection()

    with pytest.raises(ConfigurationError, match="another Idempotency executes here"):
        finished(idem, lambda: post(app, path, raises=True))
    assert records(db) == 0


@pytest.mark.parametrize("mapped", [False, True])
@pytest.mark.parametrize("path", ["/async", "/sync"])
def test_a_deferred_constraint_that_fails_at_commit_is_an_error_and_the_key_is_free(
    app: FastAPI, idem: Idempotency, db: Database, path: str, mapped: bool
) -> None:
    db.execute("CREATE TABLE IF NOT EXISTS balanced (id int UNIQUE DEFERRABLE INITIALLY DEFERRED)")
    if mapped:
        app.add_exception_handler(psycopg.IntegrityError, lambda request, error: JSONResponse({}, 409))
    twice = "INSERT INTO balanced VALUES (%s), (%s)"

    @app.post("/async")
    @money_moving
    async def a(body: Transfer, db: Annotated[Any, Depends(idem.connection)]) -> None:
        await db.execute(INSERT, (body.amount,))
        await db.execute(twice, (body.amount, body.amount))

    @app.post("/sync")
    @money_moving
    def s(body: Transfer, db: Annotated[Any, Depends(idem.sync_connection)]) -> None:
        db.execute(INSERT, (body.amount,))
        db.execute(twice, (body.amount, body.amount))

    first, again = asked(idem, app, {"path": path}, {"path": path, "json": {"amount": 6}})
    assert first.status_code == again.status_code == 500
    assert (ledger(db), records(db)) == ([], 0)


@pytest.mark.parametrize("servers", [None, {"server": "says"}])
@pytest.mark.parametrize("path", ["/async", "/sync"])
def test_a_conflict_runs_again_with_the_requests_state_as_it_was_at_the_start(
    app: FastAPI, idem: Idempotency, db: Database, path: str, servers: dict[str, str] | None
) -> None:
    runs: list[int] = []

    async def audit(request: Request) -> None:
        request.state.entries = [*getattr(request.state, "entries", []), 1]

    async def served(scope: Any, receive: Any, send: Any) -> None:
        await app(scope if servers is None else {**scope, "state": dict(servers)}, receive, send)

    def conflict(request: Request) -> str:
        runs.append(1)
        if len(runs) == 1:
            raise psycopg.errors.SerializationFailure
        return str(getattr(request.state, "server", None))

    @app.post("/async", dependencies=[Depends(audit)])
    @money_moving
    async def a(request: Request, db: Annotated[Any, Depends(idem.connection)]) -> str:
        for amount in request.state.entries:
            await db.execute(INSERT, (amount,))
        return conflict(request)

    @app.post("/sync", dependencies=[Depends(audit)])
    @money_moving
    def s(request: Request, db: Annotated[Any, Depends(idem.sync_connection)]) -> str:
        for amount in request.state.entries:
            db.execute(INSERT, (amount,))
        return conflict(request)

    (answer,) = asked(idem, served, {"path": path})
    assert (answer.json(), len(runs), ledger(db)) == ("None" if servers is None else "says", 2, [1])


def test_a_nested_refusal_is_the_requests_own_answer(app: FastAPI, idem: Idempotency, db: Database) -> None:
    idem.install()

    @money_moving(operation="leg", key=lambda name, amount: name)
    async def leg(name: str, amount: int, db: Any = idem.lent) -> int:
        await db.execute(INSERT, (amount,))
        return amount

    @money_moving(operation="keyless", key=lambda amount: None, connection="inside")
    def keyless(amount: int) -> None: ...

    @app.post("/async")
    @money_moving
    async def a(body: Transfer) -> int:
        return int(await leg("same", body.amount))

    @app.post("/sync")
    @money_moving
    def s(body: Transfer, unused: Annotated[Any, Depends(idem.sync_connection)]) -> None:
        keyless(body.amount)

    calls = [("/async", "a", 5), ("/async", "b", 6), ("/async", "b", 5), ("/sync", "c", 5)]
    answers = asked(idem, app, *({"path": path, "key": key, "json": {"amount": n}} for path, key, n in calls))
    assert [each.status_code for each in answers] == [200, 409, 200, 400]
    assert (code(answers[1]), code(answers[3])) == ("key_reused", "key_missing")
    assert ledger(db) == [5]


def test_a_refusal_that_a_mounted_application_has_answered_already_is_not_answered_twice(
    app: FastAPI, idem: Idempotency, db: Database
) -> None:
    """Its own error middleware sends the 500 before the exception comes to us."""
    mounted = FastAPI()
    elsewhere = money_moving(operation="leg", key=lambda: "k")(lambda: None)

    @mounted.post("/t")
    async def t() -> None:
        elsewhere()

    app.mount("/m", mounted)
    wire = Wire("/m/t")
    with pytest.raises(NotInstalled):
        finished(idem, lambda: wire.go(app))
    assert [each["type"] for each in wire.sent] == ["http.response.start", "http.response.body"]


def test_a_task_that_outlives_its_response_borrows_nothing(
    app: FastAPI, idem: Idempotency, db: Database
) -> None:
    answered = asyncio.Event()
    tasks: list[asyncio.Task[None]] = []

    async def later() -> None:
        await answered.wait()
        with pytest.raises(ConfigurationError, match="needs a connection of its own"):
            await idem.connection()

    @app.post("/t")
    @money_moving
    async def t(body: Transfer, db: Annotated[Any, Depends(idem.connection)]) -> None:
        await db.execute(INSERT, (body.amount,))
        tasks.append(asyncio.create_task(later()))

    async def main() -> int:
        answer = await post(app)
        answered.set()
        await tasks[0]
        return answer.status_code

    assert finished(idem, main) == 200
    assert ledger(db) == [5]


def test_what_is_told_again_is_what_a_client_needs_to_read_the_body_and_no_cookie(
    app: FastAPI, idem: Idempotency, db: Database
) -> None:
    kept = {
        "content-type": "text/plain; charset=latin-1",
        "content-encoding": "identity",
        "content-language": "de",
        "content-disposition": "attachment",
        "location": "/caf%C3%A9",
        "etag": '"a"',
        "vary": "accept",
        "retry-after": "3",
        "link": "</next>",
    }
    dropped = {"set-cookie": "session=1", "x-request-id": "7"}

    @app.post("/t")
    @money_moving
    async def t(db: Annotated[Any, Depends(idem.connection)]) -> Response:
        await db.execute(INSERT, (5,))
        return PlainTextResponse(b"\xfc", headers={**kept, **dropped})

    first, again = asked(idem, app, {}, {})
    assert (first.content, again.content) == (b"\xfc", b"\xfc")
    assert {name: first.headers[name] for name in (*kept, *dropped)} == {**kept, **dropped}
    assert {name: again.headers[name] for name in kept} == kept
    assert not set(dropped) & set(again.headers)

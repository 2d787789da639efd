"""Routes beside the marked ones, conflicts, admission before other middleware, and duplicates that wait."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import psycopg
import pytest
from aws_lambda_powertools.event_handler import (
    APIGatewayHttpResolver,
    APIGatewayRestResolver,
    HttpResolverLocal,
    Response,
)
from aws_lambda_powertools.event_handler.api_gateway import BaseRouter
from aws_lambda_powertools.event_handler.exceptions import ServiceError

from idem_runtime import ConfigurationError, Idempotency, money_moving, not_money_moving
from tests.runtime.adapters.contract import ledger, records
from tests.runtime.adapters.powertools.asking import INSERT, ask, ask_async, code, idempotency, posted
from tests.runtime.adapters.powertools.events import response_of

Database = psycopg.Connection[Any]
Lent = psycopg.Connection[Any]


@pytest.fixture
def idem(dsn: str, db: Database) -> Iterator[Idempotency]:
    with idempotency(dsn) as made:
        yield made


@pytest.fixture(params=[ask, ask_async], ids=["sync", "async"])
def way(request: pytest.FixtureRequest) -> Any:
    return request.param


def test_other_routes_are_as_they_were(idem: Idempotency, db: Database, way: Any) -> None:
    app = APIGatewayHttpResolver()
    idem.install(app)

    @app.get("/balance")
    def balance():
        return {"balance": 5}

    @app.post("/quotes")
    @not_money_moving(reason="reads only")
    def quote():
        return Response(200, "text/plain", iter("as before"))  # nobody stores it, so that nobody reads it

    assert way(app, "/balance", None, method="GET", kind="http").json() == {"balance": 5}
    assert next(app.resolve(posted("/quotes", None, "http"), None)["body"]) == "a"
    assert way(app, "/nowhere", None, kind="http").status_code == 404
    assert records(db) == 0


def test_what_an_unmarked_route_is_lent_is_committed_with_its_answer_and_undone_by_an_error(
    idem: Idempotency, db: Database
) -> None:
    app = APIGatewayRestResolver()
    idem.install(app)

    @app.post("/kept")
    def kept():
        idem.sync_connection().execute(INSERT, (1,))
        return {}

    @app.post("/raised")
    def raised():
        idem.sync_connection().execute(INSERT, (2,))
        raise ServiceError(409, "no")

    @app.post("/broken")
    def broken():
        with suppress(psycopg.Error):
            idem.sync_connection().execute("SELECT 1/0")
        return {}

    assert ask(app, "/kept", None).status_code == 200
    assert ask(app, "/raised", None).status_code == 409
    assert code(ask(app, "/broken", None)) == "transaction_broken"
    assert ledger(db) == [1]


def test_what_an_unmarked_async_route_is_lent_is_committed_with_its_answer_and_undone_by_an_error(
    idem: Idempotency, db: Database
) -> None:
    app = APIGatewayRestResolver()
    idem.install(app)

    @app.post("/kept")
    async def kept():
        await (await idem.connection()).execute(INSERT, (1,))
        return {}

    @app.post("/raised")
    async def raised():
        await (await idem.connection()).execute(INSERT, (2,))
        raise ServiceError(409, "no")

    @app.post("/broken")
    async def broken():
        with suppress(psycopg.Error):
            await (await idem.connection()).execute("SELECT 1/0")
        return {}

    assert ask_async(app, "/kept", None).status_code == 200
    assert ask_async(app, "/raised", None).status_code == 409
    assert code(ask_async(app, "/broken", None)) == "transaction_broken"
    assert ledger(db) == [1]


@pytest.mark.parametrize("answer", [{"is": object()}, Response(200, "text/plain", "x", headers={"X": 5})])  # type: ignore[dict-item]
def test_what_an_unmarked_route_is_lent_is_undone_where_its_answer_cannot_be_sent(
    idem: Idempotency, db: Database, answer: Any
) -> None:
    app = APIGatewayRestResolver()
    idem.install(app)

    @app.post("/sync")
    def sync():
        idem.sync_connection().execute(INSERT, (1,))
        return answer

    @app.post("/async")
    async def asynchronous():
        await (await idem.connection()).execute(INSERT, (2,))
        return answer

    with pytest.raises(TypeError):
        ask(app, "/sync", None)
    with pytest.raises(TypeError):
        ask_async(app, "/async", None)
    assert ledger(db) == []


def test_an_async_handler_that_is_resolved_without_an_event_loop_is_refused_by_name(
    idem: Idempotency, db: Database
) -> None:
    app = APIGatewayRestResolver()
    idem.install(app)

    @app.post("/t")
    @money_moving
    async def awaited():
        await (await idem.connection()).execute(INSERT, (5,))
        return {}

    with pytest.raises(ConfigurationError, match=r"awaited is async def.*app\.resolve_async"):
        ask(app, "/t")
    assert ask_async(app, "/t").status_code == 200
    assert ledger(db) == [5]


def test_a_conflict_runs_the_handler_again_with_the_request_as_it_came(
    idem: Idempotency, db: Database, way: Any
) -> None:
    app, seen = APIGatewayRestResolver(), []
    idem.install(app)

    @app.post("/t/<name>")
    @money_moving
    def t(name: str, db: Lent = idem.lent):
        body = app.current_event.json_body
        seen.append((name, body.pop("amount"), app.context.get("noted")))
        app.append_context(noted=True)
        db.execute(INSERT, (5,))
        if len(seen) < 3:
            db.execute("DO $$ BEGIN RAISE serialization_failure; END $$")
        return {"runs": len(seen)}

    assert way(app, "/t/a").json() == {"runs": 3}
    assert seen == [("a", 5, None)] * 3
    assert ledger(db) == [5]


def test_a_conflict_that_comes_every_time_is_refused(dsn: str, db: Database, way: Any) -> None:
    with idempotency(dsn, retries=1) as idem:
        app = APIGatewayRestResolver()
        idem.install(app)

        @app.post("/t")
        @money_moving
        def t(db: Lent = idem.lent):
            db.execute("DO $$ BEGIN RAISE serialization_failure; END $$")

        assert code(way(app, "/t")) == "retries_exhausted"
        assert records(db) == 0


def test_admission_may_come_before_what_depends_on_the_present(idem: Idempotency, db: Database) -> None:
    app, open_ = APIGatewayRestResolver(), [True]
    idem.install(app)

    def admitted(app: Any, next_middleware: Any) -> Any:
        idem.sync_admitted()
        return next_middleware(app)

    def still_open(app: Any, next_middleware: Any) -> Any:
        if not open_[0]:
            raise ServiceError(409, "closed")
        return next_middleware(app)

    @app.post("/t", middlewares=[admitted, still_open])
    @money_moving
    def t(db: Lent = idem.lent):
        db.execute(INSERT, (5,))
        return {"paid": 5}

    assert ask(app, "/t").json() == {"paid": 5}
    open_[0] = False
    assert ask(app, "/t").headers["idempotent-replayed"] == "true"
    assert ask(app, "/t", "new").status_code == 409
    assert ledger(db) == [5]


def test_admission_may_come_early_in_an_event_loop_too(idem: Idempotency, db: Database) -> None:
    app, seen = APIGatewayRestResolver(), []
    idem.install(app)

    async def admitted(app: Any, next_middleware: Any) -> Any:
        await idem.admitted()
        seen.append("new")
        return await next_middleware(app)

    @app.post("/t", middlewares=[admitted])
    @money_moving
    async def t():
        await (await idem.connection()).execute(INSERT, (5,))
        return {"paid": 5}

    first, again = ask_async(app, "/t"), ask_async(app, "/t")
    assert (first.json(), again.json(), again.headers["idempotent-replayed"]) == (
        {"paid": 5},
        {"paid": 5},
        "true",
    )
    assert (seen, ledger(db)) == (["new"], [5])


def test_an_async_handler_is_told_how_it_gets_its_connection(idem: Idempotency, db: Database) -> None:
    app = APIGatewayRestResolver()
    idem.install(app)

    @app.post("/t")
    @money_moving
    async def t(db: Lent = idem.lent):
        db.execute(INSERT, (5,))
        return {}

    with pytest.raises(ConfigurationError, match=r"use idem\.connection\(\)"):
        ask_async(app, "/t")
    assert (ledger(db), records(db)) == ([], 0)


def test_whoever_asks_may_be_looked_up_in_an_event_loop(dsn: str, db: Database, way: Any) -> None:
    async def tenant(event: Any) -> str:
        return str(event.headers["x-tenant"])

    with idempotency(dsn, principal=tenant) as idem:
        app = APIGatewayRestResolver()
        idem.install(app)

        @app.post("/t")
        @money_moving
        def t(db: Lent = idem.lent):
            db.execute(INSERT, (5,))
            return {"paid": 5}

        assert [way(app, "/t").json() for _ in range(2)] == [{"paid": 5}] * 2
    assert ledger(db) == [5]


def test_a_duplicate_of_a_sync_handler_waits_in_the_event_loop(dsn: str, db: Database) -> None:
    """Where the original is another's of this process."""
    with idempotency(dsn, wait=30) as idem:
        app, begun, over = HttpResolverLocal(), threading.Event(), threading.Event()
        idem.install(app)
        idem.install()

        @money_moving(
            operation="POST /t",
            key=lambda: "k",
            principal=lambda: "alice",
            fingerprint=lambda: 1,
            connection="inside",
        )
        def original() -> None:
            idem.sync_connection().execute(INSERT, (6,))
            begun.set()
            over.wait(30)
            raise KeyError

        @app.post("/t")
        @money_moving(fingerprint=lambda: 1)
        def t(db: Lent = idem.lent):
            db.execute(INSERT, (5,))
            return {"paid": 5}

        async def main() -> Any:
            asking = asyncio.create_task(app._resolve_async())
            await asyncio.sleep(0.05)
            over.set()
            return response_of(await asking)

        def failing() -> None:
            with pytest.raises(KeyError):
                original()

        thread = threading.Thread(target=failing)
        thread.start()
        assert begun.wait(30)
        event = posted("/t")
        BaseRouter.current_event, BaseRouter.lambda_context = app._to_proxy_event(event), None
        assert asyncio.run(main()).json() == {"paid": 5}
        thread.join()
    assert ledger(db) == [5]

"""Powertools keeps the event that is resolved in one place for the whole process: no handler reads another request's."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, APIGatewayRestResolver
from aws_lambda_powertools.event_handler.api_gateway import BaseRouter

from idem_runtime import ConfigurationError, Idempotency, money_moving
from idem_runtime.adapters.powertools import resolver_turns
from tests.runtime.adapters.contract import ledger, records
from tests.runtime.adapters.powertools.asking import INSERT, ask, idempotency, posted
from tests.runtime.adapters.powertools.bank import amount_of
from tests.runtime.adapters.powertools.events import response_of

Database = psycopg.Connection[Any]
REQUESTS = 20


def slow_transfers(idem: Idempotency, resolver: Any = APIGatewayRestResolver) -> Any:
    app = resolver()
    idem.install(app)

    @app.post("/t")
    @money_moving
    def t(db: psycopg.Connection[Any] = idem.lent):
        time.sleep(0.005)
        db.execute(INSERT, (amount_of(app),))
        return {"paid": amount_of(app)}

    return app


def test_threads_take_turns_whatever_their_resolvers(dsn: str, db: Database) -> None:
    with idempotency(dsn) as idem:
        apps = [slow_transfers(idem), slow_transfers(idem, APIGatewayHttpResolver)]

        def paid(number: int) -> Any:
            body = json.dumps({"amount": number}).encode()
            return ask(
                apps[number % 2], "/t", str(number), kind=["rest", "http"][number % 2], body=body
            ).json()

        with ThreadPoolExecutor(REQUESTS) as threads:
            told = list(threads.map(paid, range(REQUESTS)))
    assert told == [{"paid": number} for number in range(REQUESTS)]
    assert sorted(ledger(db)) == list(range(REQUESTS))


def test_tasks_take_turns_too(dsn: str, db: Database) -> None:
    """Validated ones as well, though Powertools runs its own middleware in the few threads of the event loop."""
    with idempotency(dsn) as idem:
        app = APIGatewayRestResolver(enable_validation=True)
        idem.install(app)

        @app.post("/t")
        @money_moving
        async def t():
            amount = amount_of(app)
            await asyncio.sleep(0.005)
            await (await idem.connection()).execute(INSERT, (amount,))
            return {"paid": amount_of(app)}

        async def paid(number: int) -> Any:
            body = json.dumps({"amount": number}).encode()
            return response_of(await app.resolve_async(posted("/t", str(number), body=body), None)).json()

        async def main() -> list[Any]:
            told = await asyncio.gather(*map(paid, range(REQUESTS)))
            await idem.aclose()
            return told

        assert asyncio.run(main()) == [{"paid": number} for number in range(REQUESTS)]
    assert sorted(ledger(db)) == list(range(REQUESTS))


def test_who_does_not_get_a_turn_in_time_is_told_so(
    dsn: str, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resolver_turns, "PATIENCE", 0.01)
    with idempotency(dsn) as idem, resolver_turns.turn():
        app, refused = slow_transfers(idem), []

        def asking() -> None:
            for asked in (
                lambda: ask(app, "/t"),
                lambda: asyncio.run(app.resolve_async(posted("/t"), None)),
            ):
                with pytest.raises(ConfigurationError, match="did not end in time"):
                    asked()
                refused.append(True)

        thread = threading.Thread(target=asking)
        thread.start()
        thread.join()
    assert (refused, records(db)) == ([True, True], 0)


def test_an_event_that_is_put_in_the_place_of_a_requests_own_undoes_it(dsn: str, db: Database) -> None:
    """By a resolver that knows nothing of turns, in another thread."""
    with idempotency(dsn) as idem:
        app, overtaken = APIGatewayRestResolver(), [False, True]
        idem.install(app)

        def overtake(app: Any, next_middleware: Any) -> Any:
            if overtaken[0]:
                BaseRouter.current_event = app._to_proxy_event(posted("/t", "another"))
            return next_middleware(app)

        app.use([overtake])

        @app.post("/t")
        @money_moving
        def t(db: psycopg.Connection[Any] = idem.lent):
            db.execute(INSERT, (amount_of(app),))
            if overtaken[1]:
                BaseRouter.current_event = app._to_proxy_event(posted("/t", "another"))
            return {}

        for overtaken[0], overtaken[1] in ((False, True), (True, False)):
            with pytest.raises(ConfigurationError, match="another event took the place"):
                ask(app, "/t")
            assert (ledger(db), records(db)) == ([], 0)
        overtaken[0] = False
        assert ask(app, "/t").status_code == 200
    assert ledger(db) == [5]


@pytest.mark.parametrize("looped", [False, True])
def test_a_money_moving_handler_cannot_resolve_another_event_and_others_can(
    dsn: str, db: Database, looped: bool
) -> None:
    with idempotency(dsn) as idem:
        app, inner = APIGatewayRestResolver(), APIGatewayRestResolver()
        idem.install(app)
        idem.install(inner)

        @inner.get("/rate")
        def rate():
            return {"rate": 1}

        def asked() -> Any:
            event = posted("/rate", None, method="GET")
            if not looped:
                return inner.resolve(event, None)["body"]
            with ThreadPoolExecutor(1) as threads:
                import contextvars

                run = contextvars.copy_context().run
                return threads.submit(run, asyncio.run, inner.resolve_async(event, None)).result()["body"]

        @app.post("/t")
        @money_moving
        def t(db: psycopg.Connection[Any] = idem.lent):
            db.execute(INSERT, (5,))
            return asked()

        @app.post("/quote")
        def quote():
            return {"of": asked()}

        with pytest.raises(ConfigurationError, match="call the function of that route instead"):
            ask(app, "/t")
        assert ask(app, "/quote", None).json() == {"of": '{"rate":1}'}
    assert ledger(db) == []

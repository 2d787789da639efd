"""Sessions of the application's own under the other frameworks' adapters: the engine is the same seam for all of them."""

from typing import Any

import httpx
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from sqlalchemy.ext.asyncio import async_sessionmaker

from idem_runtime import money_moving
from tests.runtime.adapters.contract import records
from tests.runtime.orm import Entry, async_engine
from tests.runtime.sqlalchemy.bank import HEADERS, Database, amounts, failing_seal, idempotency
from tests.runtime.stores import finished


async def _pay(make: Any) -> dict[str, str]:
    async with make() as session:
        session.add(Entry(amount=1))
        await session.commit()
        session.add(Entry(amount=2))
        await session.commit()
    return {"done": "yes"}


def quart_app(idem: Any, make: Any) -> Any:
    from quart import Quart

    app = Quart("bank")
    idem.install(app)

    @app.post("/t")
    @money_moving
    async def pay() -> Any:
        return await _pay(make)

    return app


def litestar_app(idem: Any, make: Any) -> Any:
    from litestar import Litestar, post

    @post("/t")
    @money_moving
    async def pay() -> dict[str, str]:
        return await _pay(make)

    app = Litestar([pay])
    idem.install(app)
    return app


@pytest.mark.parametrize("make_app", [quart_app, litestar_app])
def test_an_effect_in_own_sessions_is_sealed_with_its_record_or_not_there(
    dsn: str, db: Database, make_app: Any
) -> None:
    async def main() -> list[int]:
        engine = async_engine(dsn, pool_size=1, max_overflow=0, pool_timeout=2)
        idem = idempotency()
        idem.join(engine)
        app = make_app(idem, async_sessionmaker(engine))
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        statuses: list[int] = []
        async with httpx.AsyncClient(transport=transport, base_url="http://bank") as client:
            with failing_seal(db):
                statuses.append((await client.post("/t", headers=HEADERS, json={})).status_code)
            assert amounts(db) == []
            answers = [await client.post("/t", headers=HEADERS, json={}) for _ in range(2)]
            statuses.extend(answer.status_code for answer in answers)
        await idem.aclose()
        await engine.dispose()
        return statuses

    first, *answered = finished(main)
    assert first == 500
    assert answered in ([200, 200], [201, 201])
    assert (amounts(db), records(db)) == ([1, 2], 1)


def test_an_effect_in_own_sessions_is_sealed_under_aiohttp(dsn: str, db: Database) -> None:
    async def main() -> list[int]:
        engine = async_engine(dsn, pool_size=1, max_overflow=0, pool_timeout=2)
        idem, app, make = idempotency(), web.Application(), async_sessionmaker(engine)
        idem.join(engine)

        @money_moving
        async def pay(_: web.Request) -> web.Response:
            return web.json_response(await _pay(make))

        app.router.add_post("/t", pay)
        idem.install(app)
        async with TestClient(TestServer(app)) as client:
            with failing_seal(db):
                statuses = [(await client.post("/t", headers=HEADERS, json={})).status]
            assert amounts(db) == []
            answers = [await client.post("/t", headers=HEADERS, json={}) for _ in range(2)]
        await idem.aclose()
        await engine.dispose()
        return [*statuses, *(answer.status for answer in answers)]

    assert finished(main) == [500, 200, 200]
    assert (amounts(db), records(db)) == ([1, 2], 1)

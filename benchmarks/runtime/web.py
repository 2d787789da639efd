"""FastAPI, called in its own loop without a network: an application without us, and the same with us installed.

The bare handler commits before it answers, as a handler that moves money has to. Every call carries the same headers and body.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Generator, Mapping
from contextlib import asynccontextmanager, contextmanager
from typing import Any
from uuid import uuid4

from fastapi import Depends, FastAPI, Request
from pydantic import BaseModel

from benchmarks.runtime import asgi
from benchmarks.runtime.bank import async_transfer, transfer
from benchmarks.runtime.functions import async_pool_of, pool_of
from benchmarks.runtime.worker import SETTLE, Way
from idem_runtime import Idempotency, money_moving


class Transfer(BaseModel):
    """What the transfer is asked with."""

    source: int
    target: int
    amount: int


@contextmanager
def plain(dsn: str, *middleware: type[Any]) -> Generator[Mapping[str, Way]]:
    """The application without us; ``middleware``: stands before its routes."""
    sync_pool, pool = pool_of(dsn), async_pool_of(dsn)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncGenerator[None]:
        async with pool:
            await pool.wait()
            yield
        sync_pool.close()

    app = FastAPI(lifespan=lifespan)
    for kind in middleware:
        app.add_middleware(kind)
    add_unmarked(app)

    @app.post("/async/transfer")
    async def transferred(body: Transfer) -> dict[str, str]:  # noqa: ARG001 - validated, as ours
        async with pool.connection() as db:
            return {"receipt": await async_transfer(db)}

    @app.post("/def/transfer")
    def transferred_by_thread(body: Transfer) -> dict[str, str]:  # noqa: ARG001 - validated, as ours
        with sync_pool.connection() as db:
            return {"receipt": transfer(db)}

    with serving(app) as way:
        yield {
            f"{kind} {name}": way(f"/{kind}/{name}", lambda: str(uuid4()))
            for kind in ("async", "def")
            for name in ("unmarked", "transfer")
        }


@contextmanager
def ours(dsn: str) -> Generator[Mapping[str, Way]]:
    """The application with us installed, on pools like those of the application without us."""
    pools = pool_of(dsn), async_pool_of(dsn)
    with protected(Idempotency(pool=pools, principal=tenant)) as ways:
        yield ways


@contextmanager
def ours_from_dsn(dsn: str) -> Generator[Mapping[str, Way]]:
    """The same on pools that we open, as most of our documentation shows it."""
    with protected(Idempotency(dsn, pool_size=2, principal=tenant)) as ways:
        yield ways


def tenant(request: Request) -> str | None:
    """Who asks."""
    return request.headers.get("x-tenant")


@contextmanager
def protected(idem: Idempotency) -> Generator[Mapping[str, Way]]:
    """The application with us installed."""
    app = FastAPI()
    idem.install(app)
    add_unmarked(app)

    @app.post("/async/transfer")
    @money_moving
    async def transferred(body: Transfer, db: Any = Depends(idem.connection)) -> dict[str, str]:  # noqa: ARG001, B008, FAST002
        return {"receipt": await async_transfer(db)}

    @app.post("/def/transfer")
    @money_moving
    def transferred_by_thread(body: Transfer, db: Any = Depends(idem.sync_connection)) -> dict[str, str]:  # noqa: ARG001, B008, FAST002
        return {"receipt": transfer(db)}

    @app.post("/async/early", dependencies=[Depends(idem.admitted)])
    @money_moving
    async def transferred_early(body: Transfer, db: Any = Depends(idem.connection)) -> dict[str, str]:  # noqa: ARG001, B008, FAST002
        return {"receipt": await async_transfer(db)}

    @app.post("/def/early", dependencies=[Depends(idem.admitted)])
    @money_moving
    def early_by_thread(body: Transfer, db: Any = Depends(idem.sync_connection)) -> dict[str, str]:  # noqa: ARG001, B008, FAST002
        return {"receipt": transfer(db)}

    @app.post("/async/inside")
    @money_moving
    async def transferred_inside(body: Transfer) -> dict[str, str]:  # noqa: ARG001 - validated, as the others
        return {"receipt": await async_transfer(await idem.connection())}

    @app.post("/def/inside")
    @money_moving
    def inside_by_thread(body: Transfer) -> dict[str, str]:  # noqa: ARG001 - as above
        return {"receipt": transfer(idem.sync_connection())}

    with serving(app) as way:
        ways: dict[str, Way] = {}
        for kind in ("async", "def"):
            ways[f"{kind} unmarked"] = way(f"/{kind}/unmarked", lambda: str(uuid4()))
            for place, route in (("", "transfer"), ("early ", "early"), ("inside ", "inside")):
                ways[f"{kind} {place}first"] = way(f"/{kind}/{route}", lambda: str(uuid4()))
                ways[f"{kind} {place}replay"] = way(f"/{kind}/{route}", lambda: "replayed")
                ways[f"{kind} {place}replay"](1)
        yield ways


def add_unmarked(app: FastAPI) -> None:
    """Routes that move no money."""

    @app.post("/async/unmarked")
    async def unmarked() -> dict[str, str]:
        return {"answer": "nothing"}

    @app.post("/def/unmarked")
    def unmarked_in_thread() -> dict[str, str]:
        return {"answer": "nothing"}


@contextmanager
def serving(app: FastAPI) -> Generator[Callable[[str, Callable[[], str]], Way]]:
    """The application between its start and its end; what makes a way of a path and its keys."""
    with asyncio.Runner() as runner:
        lifespan = asgi.running(app)
        runner.run(lifespan.__aenter__())

        def way(path: str, key: Callable[[], str]) -> Way:
            return lambda count: runner.run(calls(app, path, key, count))

        yield way
        runner.run(lifespan.__aexit__(None, None, None))


async def calls(app: FastAPI, path: str, key: Callable[[], str], count: int) -> list[float]:
    """Milliseconds of each call; what the application does after the last answer runs before this ends."""
    taken: list[float] = []
    for _ in range(count):
        headers = [*asgi.HEADERS, (b"idempotency-key", key().encode())]
        began = time.perf_counter()
        status = await asgi.post(app, path, headers, asgi.BODY)
        taken.append((time.perf_counter() - began) * 1000)
        assert status == 200, f"{path}: {status}"
    await asyncio.sleep(SETTLE)
    return taken

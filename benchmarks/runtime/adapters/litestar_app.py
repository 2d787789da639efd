"""Litestar, an async handler; called by ASGI without a network."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any

from litestar import Litestar, Request, post
from litestar.di import NamedDependency, Provide
from litestar.params import JSONBody
from psycopg_pool import AsyncConnectionPool
from pydantic import BaseModel

from benchmarks.runtime.adapters.asked import TRANSFER, UNMARKED, asgi_ways, bare_ways, our_ways
from benchmarks.runtime.bank import async_transfer
from benchmarks.runtime.functions import async_pool_of
from benchmarks.runtime.worker import Way
from idem_runtime import Idempotency, money_moving


class Transfer(BaseModel):
    """What the transfer is asked with."""

    source: int
    target: int
    amount: int


@post(UNMARKED, status_code=200)
async def unmarked() -> dict[str, str]:
    """Moves no money."""
    return {"answer": "nothing"}


def tenant(request: Request[Any, Any, Any]) -> str:
    """Who asks."""
    return request.headers["x-tenant"]


def application(handler: Any, pool: AsyncConnectionPool[Any], **options: Any) -> Litestar:
    """With ``pool`` open while it runs."""

    async def start() -> None:
        await pool.open(wait=True)

    async def stop() -> None:
        await pool.close()

    return Litestar(
        [unmarked, handler],
        on_startup=[start],
        on_shutdown=[stop],
        logging_config=None,
        openapi_config=None,
        **options,
    )


@contextmanager
def plain(dsn: str) -> Generator[Mapping[str, Way]]:
    """The application without us."""
    pool = async_pool_of(dsn)

    @post(TRANSFER, status_code=200)
    async def transferred(data: JSONBody[Transfer]) -> dict[str, str]:  # noqa: ARG001 - validated, as ours
        async with pool.connection() as db:
            return {"receipt": await async_transfer(db)}

    with asgi_ways(application(transferred, pool), bare_ways) as ways:
        yield ways


@contextmanager
def ours(dsn: str) -> Generator[Mapping[str, Way]]:
    """The same with the mark."""
    pool = async_pool_of(dsn)
    idem = Idempotency(pool=pool, principal=tenant)

    @post(TRANSFER, status_code=200, dependencies={"db": Provide(idem.connection)})
    @money_moving
    async def transferred(data: JSONBody[Transfer], db: NamedDependency[Any]) -> dict[str, str]:  # noqa: ARG001 - validated
        return {"receipt": await async_transfer(db)}

    app = application(transferred, pool)
    idem.install(app)
    with asgi_ways(app, our_ways) as ways:
        yield ways

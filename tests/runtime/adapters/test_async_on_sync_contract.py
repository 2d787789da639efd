"""FastAPI keeps the contract with ``async def`` handlers on a sync pool, or a sync engine's sessions, alone."""

import asyncio
import functools
import inspect
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from psycopg_pool import ConnectionPool

from idem_runtime import Idempotency, money_moving
from tests.runtime import orm
from tests.runtime.adapters import fastapi_bank, serve
from tests.runtime.adapters.contract import CAP, Contract, StoreDownContract
from tests.runtime.adapters.serve import Client
from tests.runtime.postgres import free_port

Function = Callable[..., Any]


def principal(request: Any) -> str:
    return str(request.headers.get("x-tenant", ""))


def asynchronous(function: Function) -> Function:
    """The same handler as a coroutine function, which uses its connection where that does not block the event loop."""

    async def handler(*args: Any, **kwargs: Any) -> Any:
        return await asyncio.to_thread(function, *args, **kwargs)

    functools.update_wrapper(handler, function)
    handler.__signature__ = inspect.signature(function)  # type: ignore[attr-defined]
    return handler


def marking(function: Function | None = None, /, **options: Any) -> Any:
    """``@money_moving`` of the handler as a coroutine function."""
    mark = (
        money_moving(connection="inside", **options)
        if options.get("effect") != "external"
        else money_moving(**options)
    )
    if function is None:
        return lambda function: mark(asynchronous(function))
    return mark(asynchronous(function))


def serving(dsn: str, *, joined: bool, monkeypatch: pytest.MonkeyPatch, **more: Any) -> Iterator[Client]:
    monkeypatch.setattr(fastapi_bank, "money_moving", marking)
    pools = orm.engine(dsn) if joined else ConnectionPool(dsn, min_size=0, max_size=10, open=False, timeout=5)
    with pools as pool:
        idem = Idempotency(pool=pool, principal=principal, cap=CAP, **more)
        with serve.asgi(fastapi_bank.sync_bank(idem, dsn, joined=joined)) as client:
            yield client


both = pytest.fixture(scope="module", params=[False, True], ids=["connection", "session"])


@pytest.fixture(scope="module")
def patching() -> Iterator[pytest.MonkeyPatch]:
    with pytest.MonkeyPatch.context() as patching:
        yield patching


@both
def bank(request: pytest.FixtureRequest, dsn: str, patching: pytest.MonkeyPatch) -> Iterator[Client]:
    yield from serving(dsn, joined=request.param, monkeypatch=patching, wait=1)


class TestAsyncOnSync(Contract):
    pass


@both
def stranded(request: pytest.FixtureRequest, patching: pytest.MonkeyPatch) -> Iterator[Client]:
    nowhere = f"postgresql://postgres@127.0.0.1:{free_port()}/x"
    yield from serving(nowhere, joined=request.param, monkeypatch=patching, store_timeout=1)


class TestAsyncOnSyncWithoutItsStore(StoreDownContract):
    pass

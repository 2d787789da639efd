"""What is made for one call goes with it: a collector that has to look for it stops the whole process."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import pytest
from fastapi import Depends, FastAPI

from idem_runtime import Idempotency, money_moving
from idem_runtime.adapters.http.asgi import AsgiHandling
from idem_runtime.adapters.http.passage import Passage
from idem_runtime.execution.decisions import Decisions
from tests.runtime.adapters.asking import INSERT, PATIENCE, Database, finished, post, tenant
from tests.runtime.stores import until


@contextmanager
def uncollected() -> Iterator[None]:
    """Nothing is collected in this block."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def alive() -> int:
    """Calls whose objects are still there."""
    kinds = (AsgiHandling, Passage, Decisions)
    return sum(issubclass(type(something), kinds) for something in gc.get_objects())


@pytest.mark.parametrize("keys", [lambda: str(uuid4()), lambda: "k"], ids=["executed", "replayed"])
def test_a_call_of_a_function_leaves_nothing_to_collect(
    dsn: str, db: Database, keys: Callable[[], str]
) -> None:
    idem = Idempotency(dsn)
    idem.install()

    @money_moving(operation="pay", key=lambda key: key, principal=lambda: "alice")
    def pay(key: str, db: Any = idem.lent) -> str:
        db.execute(INSERT, (5,))
        return key

    pay("k")
    with uncollected():
        before = alive()
        for _ in range(3):
            pay(keys())
        assert until(lambda: alive() <= before)
    idem.close()


@pytest.mark.parametrize("keys", [lambda: str(uuid4()), lambda: "k"], ids=["executed", "replayed"])
@pytest.mark.parametrize("path", ["/async", "/def"])
def test_a_request_leaves_nothing_to_collect(
    dsn: str, db: Database, keys: Callable[[], str], path: str
) -> None:
    idem = Idempotency(dsn, principal=tenant)
    app = FastAPI()
    idem.install(app)

    @app.post("/async")
    @money_moving
    async def pay(db: Any = Depends(idem.connection)) -> str:  # noqa: B008, FAST002
        await db.execute(INSERT, (5,))
        return "paid"

    @app.post("/def")
    @money_moving
    def pay_in_thread(db: Any = Depends(idem.sync_connection)) -> str:  # noqa: B008, FAST002
        db.execute(INSERT, (5,))
        return "paid"

    async def main() -> None:
        await post(app, path)
        with uncollected():
            before = alive()
            for _ in range(3):
                await post(app, path, keys())
            async with asyncio.timeout(PATIENCE):
                while alive() > before:  # noqa: ASYNC110 - what gives connections back has the context of its request
                    await asyncio.sleep(0.01)

    finished(idem, main)

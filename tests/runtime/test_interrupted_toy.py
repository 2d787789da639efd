"""As ``test_interrupted``: the toy adapter, and FastAPI where a transaction is on a sync connection."""

import asyncio
from typing import Annotated, Any

import pytest
import werkzeug.test
from fastapi import Depends, FastAPI

from idem_runtime import Idempotency, money_moving
from idem_runtime.drivers import checkout
from idem_runtime.idempotency import runtime_of
from tests.runtime.adapters import toy
from tests.runtime.adapters.asking import post
from tests.runtime.adapters.contract import ledger
from tests.runtime.adapters.toy_framework import Toy
from tests.runtime.calls import INSERT, Database
from tests.runtime.test_interrupted import EVERY, NOTHING_HELD, held, idem, interrupted_everywhere, pytestmark

__all__ = ["idem", "pytestmark"]


def test_a_toy_handler_interrupted_at_any_line_holds_nothing(idem: Idempotency, db: Database) -> None:
    """An adapter does nothing for that by itself."""
    app = Toy()

    @app.post("/t")
    @money_moving
    def t(body: Any) -> Any:
        idem.sync_connection().execute(INSERT, (5,))
        return 200, "done"

    toy.install(runtime_of(idem), app)

    def sent(key: str) -> Any:
        return werkzeug.test.Client(app).post("/t", headers={"idempotency-key": key}, json={})

    def check(key: str, where: str | None) -> None:
        checkout.wait_for_returns()
        assert held(idem, db) == NOTHING_HELD, where
        assert sent(key).json == "done", where

    lines = interrupted_everywhere(sent, check)
    assert lines > 100 / EVERY
    assert len(ledger(db)) == lines + 1, "one effect for each key"


@pytest.mark.parametrize("kind", ["async", "def"])
def test_a_fastapi_handler_on_a_sync_connection_interrupted_at_any_line_holds_nothing(
    idem: Idempotency, db: Database, kind: str
) -> None:
    app = FastAPI()
    idem.install(app)

    async def borrowed(connection: Annotated[Any, Depends(idem.sync_connection)]) -> Any:
        connection.execute("SELECT 1")
        return connection

    async def t(connection: Annotated[Any, Depends(borrowed)]) -> str:
        connection.execute(INSERT, (5,))
        return "done"

    def s(connection: Annotated[Any, Depends(borrowed)]) -> str:
        connection.execute(INSERT, (5,))
        return "done"

    app.post("/t")(money_moving(t if kind == "async" else s))

    with asyncio.Runner() as runner:

        def check(key: str, where: str | None) -> None:
            checkout.wait_for_returns()
            assert held(idem, db) == NOTHING_HELD, where
            assert runner.run(post(app, key=key)).json() == "done", where

        lines = interrupted_everywhere(lambda key: runner.run(post(app, key=key)), check)
        runner.run(idem.aclose())
    assert lines > 100 / EVERY
    assert len(ledger(db)) == lines + 1, "one effect for each key"

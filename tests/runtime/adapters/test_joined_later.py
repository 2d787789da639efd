"""A dependency that only hands a session or connection of an engine on: it is taken when it is used."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated, Any

import psycopg
import pytest
from fastapi import Depends, FastAPI
from sqlalchemy.exc import ResourceClosedError

from idem_runtime import ConfigurationError, Idempotency, money_moving
from tests.runtime import orm
from tests.runtime.adapters import serve
from tests.runtime.adapters.contract import ledger
from tests.runtime.adapters.test_joined import Database, principal


@pytest.mark.parametrize("kind", ["session", "connection"])
def test_what_a_dependency_only_hands_on_is_taken_from_the_engine_when_it_is_used(
    dsn: str, db: Database, kind: str
) -> None:
    """Forty-five callers of one key, two connections, forty threads: nobody waits for a connection in a thread."""
    with orm.engine(dsn, pool_size=2, max_overflow=0, pool_timeout=10) as engine:
        idem, app = Idempotency(pool=engine, principal=principal, wait=30), FastAPI()
        idem.install(app)
        lent = idem.sync_session if kind == "session" else idem.sync_connection
        kept: list[Any] = []

        @app.post("/slow")
        @money_moving
        def slow(ours: Annotated[Any, Depends(lent)]) -> dict[str, int]:
            kept.append(ours)
            time.sleep(0.2)
            return {"id": orm.write(ours, 5)}

        @app.post("/unused")
        @money_moving(effect="external")
        def unused(ours: Annotated[Any, Depends(lent)]) -> None:
            kept.append(ours)

        with serve.asgi(app) as client, ThreadPoolExecutor(45) as many:
            answers = list(many.map(lambda _: client.post("/slow"), range(45)))
            assert {(each.status_code, each.content) for each in answers} == {(200, answers[0].content)}
            assert client.post("/unused").status_code == 200
            for ours in kept:
                with pytest.raises((ResourceClosedError, psycopg.InterfaceError, ConfigurationError)):
                    orm.raw_commit(ours)
            assert engine.pool.checkedout() == 0  # type: ignore[attr-defined]
        idem.close()
    assert ledger(db) == [5]

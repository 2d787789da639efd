"""A resolver on a SQLAlchemy engine, and through PgBouncer, as a pooled Neon URL is: the deadline holds there, too."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from aws_lambda_powertools.event_handler import APIGatewayRestResolver
from sqlalchemy.orm import Session

from idem_runtime import Idempotency, money_moving
from tests.runtime import orm
from tests.runtime.adapters.contract import ledger, records
from tests.runtime.adapters.powertools.asking import INSERT, code, idempotency, posted
from tests.runtime.adapters.powertools.environment import LONG, Context
from tests.runtime.adapters.powertools.events import response_of
from tests.runtime.pooler import needed, pgbouncer
from tests.runtime.postgres import Server

Database = psycopg.Connection[Any]


def ask(app: Any, milliseconds: float) -> Any:
    return response_of(app.resolve(posted("/t"), Context(milliseconds)))


@pytest.mark.parametrize("validated", [True, False])
def test_a_handler_with_a_session_is_undone_before_its_deadline_and_done_by_the_retry(
    dsn: str, db: Database, validated: bool
) -> None:
    with orm.engine(dsn) as engine:
        idem = Idempotency(pool=engine, principal=lambda event: "alice")
        app, seconds = APIGatewayRestResolver(enable_validation=validated), [60, 0]
        idem.install(app, margin=0.2)

        @app.post("/t")
        @money_moving
        def t(session: Session = idem.lent_session):
            session.add(orm.Entry(amount=5))
            session.flush()
            time.sleep(seconds.pop(0))
            return {"paid": 5}

        assert code(ask(app, 500)) == "handler_timeout"
        assert (ledger(db), records(db)) == ([], 0)
        assert [ask(app, LONG).json() for _ in range(2)] == [{"paid": 5}] * 2
        idem.close()
    assert ledger(db) == [5]


def sleep_in_the_database(db: Any) -> None:
    db.execute("SELECT pg_sleep(60)")


def insist(db: Any) -> None:
    """Whatever is raised in it."""
    end = time.monotonic() + 0.6
    while time.monotonic() < end:
        try:
            time.sleep(0.01)
        except BaseException:
            continue


@needed
@pytest.mark.parametrize("during", [sleep_in_the_database, insist])
def test_through_a_transaction_pooler_the_effect_is_undone_before_the_deadline(
    server: Server, dsn: str, db: Database, during: Callable[[Any], None]
) -> None:
    with (
        pgbouncer(server.port) as port,
        idempotency(dsn.replace(f":{server.port}/", f":{port}/"), pool_size=1) as idem,
    ):
        app, rounds = APIGatewayRestResolver(), [during, lambda db: None]
        idem.install(app, margin=0.2)

        @app.post("/t")
        @money_moving
        def t(db: psycopg.Connection[Any] = idem.lent):
            db.execute(INSERT, (5,))
            rounds.pop(0)(db)
            return {"paid": 5}

        assert code(ask(app, 500)) == "handler_timeout"
        assert (ledger(db), records(db)) == ([], 0)
        assert [ask(app, LONG).json() for _ in range(2)] == [{"paid": 5}] * 2
    assert ledger(db) == [5]

"""Where the layer gets its connections: a pool of any settings, or the function's own connection."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
from aws_lambda_powertools.utilities.idempotency.exceptions import IdempotencyAlreadyInProgressError
from psycopg_pool import AsyncConnectionPool, ConnectionPool, NullConnectionPool
from sqlalchemy import create_engine

from idem_runtime import ConfigurationError, LeaseLost, StoreUnavailable, TransactionBroken
from idem_runtime.adapters.powertools import PostgresPersistenceLayer
from tests.runtime import orm
from tests.runtime.adapters.powertools.layers import PAYMENT, Subject, cause, config
from tests.runtime.calls import INSERT
from tests.runtime.pooler import needed, pgbouncer
from tests.runtime.postgres import Server, free_port


def amounts(subject: Subject) -> list[Any]:
    return [row[0] for row in subject.db.execute("SELECT amount FROM ledger ORDER BY id").fetchall()]


@pytest.mark.parametrize(
    "kwargs",
    [{}, {"autocommit": True}, {"prepare_threshold": 0}, {"row_factory": psycopg.rows.dict_row}],
    ids=["default", "autocommit", "prepared", "dict_row"],
)
@pytest.mark.parametrize("kind", [ConnectionPool, NullConnectionPool])
def test_a_pool_of_any_settings_commits_each_step(ours: Subject, dsn: str, kind: Any, kwargs: Any) -> None:
    with kind(dsn, min_size=0, max_size=1, kwargs=kwargs) as pool:
        layer = ours.another(pool=pool)
        pay = ours.function(lambda payment: ours.statuses, layer=layer)
        assert [pay(payment=PAYMENT), pay(payment=PAYMENT)] == [["INPROGRESS"], ["INPROGRESS"]]


def test_an_engine_is_a_pool(ours: Subject, dsn: str) -> None:
    engine = create_engine(orm.url(dsn))
    pay = ours.function(layer=ours.another(pool=engine))
    assert [pay(payment=PAYMENT), pay(payment=PAYMENT)] == [{"run": 1}, {"run": 1}]
    engine.dispose()


def test_one_connection_serves_a_function_that_uses_the_pool_too(ours: Subject, dsn: str) -> None:
    with ConnectionPool(dsn, min_size=1, max_size=1, kwargs={"autocommit": True}) as pool:

        def body(payment: Any) -> Any:
            with pool.connection() as db:
                db.execute(INSERT, [5])
            return "done"

        assert ours.function(body, layer=ours.another(pool=pool))(payment=PAYMENT) == "done"
    assert amounts(ours) == [5]


@needed
def test_behind_a_transaction_pooler_no_statement_is_another_client_s(
    subject: Subject, server: Server, dsn: str
) -> None:
    """psycopg's default prepares statements by names that other clients of the same server connection have, too."""
    with pgbouncer(server.port, connections=2) as port:
        through = dsn.replace(f":{server.port}/", f":{port}/")
        pools = [
            ConnectionPool(through, min_size=1, max_size=1, open=True, kwargs={"autocommit": True})
            for _ in range(4)
        ]

        def call(number: int) -> list[Any]:
            function = subject.function(layer=layers[number % 4])
            outcomes = [subject.attempt(function, {"id": f"{number}-{n}"}) for n in range(12)]
            return [outcome for outcome in outcomes if isinstance(outcome, Exception)]

        layers = []
        for pool in pools:
            subject.pool = pool
            layers.append(subject.another())
        with ThreadPoolExecutor(4) as threads:
            errors = [error for errors in threads.map(call, range(4)) for error in errors]
        for pool in pools:
            pool.close()
    subject.expect(errors == [], errors)
    assert all(isinstance(cause(error), psycopg.Error) for error in errors)


def test_a_server_that_is_away_is_said(ours: Subject) -> None:
    with ConnectionPool(
        f"postgresql://127.0.0.1:{free_port()}/x", min_size=0, max_size=1, timeout=0.2, open=True
    ) as pool:
        error = cause(ours.attempt(ours.function(layer=ours.another(pool=pool))))
    assert isinstance(error, StoreUnavailable)
    assert ours.runs == []


@pytest.mark.parametrize(
    ("given", "match"),
    [
        ({}, "not both"),
        ({"pool": 1, "connection": 1}, "not both"),
        ({"pool": "postgresql://"}, "ConnectionPool"),
        ({"connection": object()}, "psycopg.Connection, not object"),
        ({"connection": 1, "table_name": "a b"}, "table_name"),
    ],
)
def test_what_is_no_connection_is_refused(given: Any, match: str) -> None:
    with pytest.raises(ConfigurationError, match=match):
        PostgresPersistenceLayer(**given)


def test_an_async_pool_is_refused(dsn: str) -> None:
    with pytest.raises(ConfigurationError, match="functions with def"):
        PostgresPersistenceLayer(pool=AsyncConnectionPool(dsn, open=False))


class TestGivenConnection:
    """``connection=``, which the function uses, too."""

    @pytest.fixture
    def own(self, dsn: str) -> Iterator[psycopg.Connection[Any]]:
        with psycopg.connect(dsn, prepare_threshold=None) as connection:
            yield connection
            if not connection.closed:
                connection.rollback()

    def test_the_claim_commits_before_the_function_runs(self, ours: Subject, own: Any) -> None:
        pay = ours.function(lambda payment: ours.statuses, layer=ours.another(connection=own))
        assert [pay(payment=PAYMENT), pay(payment=PAYMENT)] == [["INPROGRESS"], ["INPROGRESS"]]
        assert ours.statuses == ["COMPLETED"]

    def test_work_that_is_left_open_commits_together_with_its_record(self, ours: Subject, own: Any) -> None:
        pay = ours.function(
            lambda payment: own.execute(INSERT, [5]) and "done", layer=ours.another(connection=own)
        )
        assert pay(payment=PAYMENT) == "done"
        assert (ours.statuses, amounts(ours)) == (["INPROGRESS"], [])
        own.commit()
        assert (ours.statuses, amounts(ours)) == (["COMPLETED"], [5])

    def test_work_that_is_left_open_and_undone_takes_its_record_along(self, ours: Subject, own: Any) -> None:
        pay = ours.function(
            lambda payment: own.execute(INSERT, [5]) and "done", layer=ours.another(connection=own)
        )
        pay(payment=PAYMENT)
        own.rollback()
        assert (ours.statuses, amounts(ours)) == (["INPROGRESS"], [])

    def test_a_function_that_raises_with_work_left_open_is_undone_and_its_key_is_free(
        self, subject: Subject, own: Any, caplog: pytest.LogCaptureFixture
    ) -> None:
        def body(payment: Any) -> Any:
            own.execute(INSERT, [5])
            raise ValueError("no")

        assert isinstance(
            subject.attempt(subject.function(body, layer=subject.another(connection=own))), ValueError
        )
        own.rollback()
        subject.expect((subject.statuses, amounts(subject)) == ([], []))
        if not subject.naive:
            assert "rolled back" in caplog.text

    @pytest.mark.parametrize("ends", ["returns", "raises"])
    def test_a_failed_transaction_is_undone_and_its_key_is_free(
        self, subject: Subject, own: Any, ends: str
    ) -> None:
        def body(payment: Any) -> Any:
            own.execute(INSERT, [5])
            try:
                own.execute("SELECT 1 / 0")
            except psycopg.Error:
                if ends == "raises":
                    raise
            return "done"

        outcome = subject.attempt(subject.function(body, layer=subject.another(connection=own)))
        own.rollback()
        subject.expect((subject.statuses, amounts(subject)) == ([], []), outcome)
        if not subject.naive:
            assert isinstance(cause(outcome), TransactionBroken if ends == "returns" else psycopg.Error)

    def test_a_claim_inside_a_transaction_is_committed_or_undone_with_it(
        self, ours: Subject, own: Any
    ) -> None:
        pay = ours.function(
            lambda payment: own.execute(INSERT, [5]) and "done", layer=ours.another(connection=own)
        )
        with own.transaction():
            assert pay(payment=PAYMENT) == "done"
            assert ours.statuses == []
        assert (ours.statuses, amounts(ours)) == (["COMPLETED"], [5])

    def test_a_function_that_raises_inside_a_transaction_frees_its_key_there(
        self, ours: Subject, own: Any
    ) -> None:
        def body(payment: Any) -> Any:
            raise ValueError("no")

        layer = ours.another(connection=own)
        with own.transaction():
            own.execute(INSERT, [5])
            assert isinstance(ours.attempt(ours.function(body, layer=layer)), ValueError)
            assert ours.function(lambda payment: "done", layer=layer)(payment=PAYMENT) == "done"
        assert (ours.statuses, amounts(ours)) == (["COMPLETED"], [5])

    @pytest.mark.parametrize("cached", ["when it is recorded", "when it is in the way", "when it is read"])
    def test_a_record_that_is_rolled_back_is_not_replayed_from_the_local_cache(
        self, ours: Subject, own: Any, cached: str
    ) -> None:
        layer = ours.another(connection=own)
        once = config(use_local_cache=True)
        pay = ours.function(
            lambda payment: own.execute(INSERT, [5]) and "done",
            layer=layer,
            config=once if cached == "when it is recorded" else config(),
        )
        with own.transaction(force_rollback=True):
            assert pay(payment=PAYMENT) == "done"
            if cached == "when it is in the way":
                assert ours.function(layer=layer, config=once)(payment=PAYMENT) == "done"
            if cached == "when it is read":
                reader = ours.another(connection=own)
                reader._caches = layer._caches
                reader.configure(once, f"{pay.__module__}.pay")
                assert reader.get_record(PAYMENT).response_json_as_dict() == "done"
        retry = ours.function(lambda payment: own.execute(INSERT, [5]) and "again", layer=layer, config=once)
        assert retry(payment=PAYMENT) == "again"
        own.commit()
        assert (ours.statuses, amounts(ours)) == (["COMPLETED"], [5])

    def test_work_that_was_left_open_and_undone_is_not_replayed_from_the_local_cache(
        self, ours: Subject, own: Any
    ) -> None:
        pay = ours.function(
            lambda payment: own.execute(INSERT, [5]) and "done",
            layer=ours.another(connection=own),
            config=config(use_local_cache=True),
        )
        pay(payment=PAYMENT)
        own.rollback()
        assert isinstance(ours.attempt(pay), IdempotencyAlreadyInProgressError)
        ours.age()
        own.rollback()
        assert pay(payment=PAYMENT) == "done"
        own.commit()
        assert amounts(ours) == [5]

    def test_what_is_committed_is_answered_from_the_local_cache(self, ours: Subject, own: Any) -> None:
        layer = ours.another(connection=own)
        pay = ours.function(layer=layer, config=config(use_local_cache=True))
        pay(payment=PAYMENT)
        ours.sql("DELETE FROM {table}")
        assert pay(payment=PAYMENT) == {"run": 1}

    def test_a_connection_in_the_middle_of_a_copy_is_refused_and_goes_on(
        self, ours: Subject, own: Any
    ) -> None:
        layer = ours.another(connection=own)
        with own.cursor().copy("COPY ledger (amount) FROM STDIN") as copy:
            assert "in the middle of" in str(ours.attempt(ours.function(layer=layer)))
            copy.write_row([5])
        own.commit()
        assert (ours.runs, amounts(ours)) == ([], [5])

    @pytest.mark.parametrize("ends", ["open", "failed", "returns failed"])
    def test_a_claim_whose_transaction_the_function_commits_is_freed_like_any_other(
        self, ours: Subject, own: Any, ends: str
    ) -> None:
        def body(payment: Any) -> Any:
            own.execute(INSERT, [5])
            own.commit()
            own.execute(INSERT, [6])
            if ends == "open":
                raise ValueError("no")
            try:
                own.execute("SELECT 1 / 0")
            except psycopg.Error:
                if ends == "failed":
                    raise

        layer = ours.another(connection=own)
        own.execute("SELECT 1")
        outcome = cause(ours.attempt(ours.function(body, layer=layer)))
        kinds = {"open": ValueError, "failed": psycopg.errors.DivisionByZero}
        assert isinstance(outcome, kinds.get(ends, TransactionBroken))
        own.rollback()
        assert ours.function(layer=layer)(payment=PAYMENT) == {"run": 2}
        own.commit()
        assert (ours.statuses, amounts(ours)) == (["COMPLETED"], [5])

    @pytest.mark.parametrize("ends", ["returns", "raises"])
    def test_a_transaction_that_fails_around_a_claim_takes_it_along(
        self, ours: Subject, own: Any, ends: str
    ) -> None:
        def body(payment: Any) -> Any:
            try:
                own.execute("SELECT 1 / 0")
            except psycopg.Error:
                if ends == "raises":
                    raise

        outcome: Any = None
        with pytest.raises(psycopg.errors.InFailedSqlTransaction), own.transaction():
            own.execute(INSERT, [5])
            outcome = ours.attempt(ours.function(body, layer=ours.another(connection=own)))
            own.execute("SELECT 1")
        assert isinstance(
            cause(outcome), TransactionBroken if ends == "returns" else psycopg.errors.DivisionByZero
        )
        assert (ours.statuses, amounts(ours)) == ([], [])

    def test_a_claim_that_the_function_rolls_back_is_not_completed(self, ours: Subject, own: Any) -> None:
        layer = ours.another(connection=own)
        own.execute(INSERT, [5])
        outcome = ours.attempt(ours.function(lambda payment: own.rollback(), layer=layer))
        assert isinstance(cause(outcome), LeaseLost)

    def test_a_failed_transaction_executes_nothing(self, ours: Subject, own: Any) -> None:
        layer = ours.another(connection=own)
        with pytest.raises(psycopg.Error):
            own.execute("SELECT 1 / 0")
        assert "roll it back" in str(ours.attempt(ours.function(layer=layer)))
        assert ours.runs == []

    def test_a_pipeline_is_refused_and_goes_on(self, ours: Subject, own: Any) -> None:
        layer = ours.another(connection=own)
        with own.pipeline():
            assert "leave it" in str(ours.attempt(ours.function(layer=layer)))
            own.execute(INSERT, [5])
        own.commit()
        assert (ours.runs, amounts(ours)) == ([], [5])

    def test_a_statement_of_ours_that_fails_leaves_the_work_as_it_is(self, ours: Subject, own: Any) -> None:
        layer = ours.another(connection=own)
        assert layer.store.place
        ours.sql("ALTER TABLE {table} RENAME COLUMN status TO gone")
        try:
            with own.transaction():
                own.execute(INSERT, [5])
                assert isinstance(
                    cause(ours.attempt(ours.function(layer=layer))), psycopg.errors.UndefinedColumn
                )
        finally:
            ours.sql("ALTER TABLE {table} RENAME COLUMN gone TO status")
        assert (amounts(ours), ours.runs) == ([5], [])

    @pytest.mark.parametrize("when", ["before", "while it runs", "it raises"])
    def test_a_closed_connection_is_not_replaced(self, ours: Subject, own: Any, when: str) -> None:
        def body(payment: Any) -> Any:
            own.close()
            if when == "it raises":
                raise ValueError("no")

        layer = ours.another(connection=own)
        if when == "before":
            own.close()
        outcome = ours.attempt(ours.function(body, layer=layer))
        assert isinstance(cause(outcome), StoreUnavailable)
        assert "pool=… can" in str(outcome)
        assert len(ours.runs) == (when != "before")

    def test_an_autocommit_connection_commits_each_step(self, ours: Subject, dsn: str) -> None:
        with psycopg.connect(dsn, autocommit=True) as own:
            pay = ours.function(
                lambda payment: own.execute(INSERT, [5]) and "done", layer=ours.another(connection=own)
            )
            assert [pay(payment=PAYMENT), pay(payment=PAYMENT)] == ["done", "done"]
        assert (ours.statuses, amounts(ours)) == (["COMPLETED"], [5])

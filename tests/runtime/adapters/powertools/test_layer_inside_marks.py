"""A function on the layer beside ``@money_moving``: what is undone is never replayed as done."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from aws_lambda_powertools.utilities.idempotency import idempotent_function

from idem_runtime import ConfigurationError, Idempotency, money_moving
from tests.runtime.adapters.powertools.layers import Subject, config

BY_ID = "id"
JOB = {"id": "1"}
INSERT = "INSERT INTO ledger (amount) VALUES (5)"


@pytest.fixture
def idem(dsn: str) -> Iterator[Idempotency]:
    idem = Idempotency(dsn, pool_size=3)
    idem.install()
    yield idem
    idem.close()


def mark(**options: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    return money_moving(operation="pay", key=_key, principal=lambda: "alice", **options)


def _key(job: dict[str, str]) -> str:
    return job["id"]


def amounts(db: psycopg.Connection[Any]) -> list[int]:
    return [amount for (amount,) in db.execute("SELECT amount FROM ledger")]


def on(layer: Any, connection: Any) -> Any:
    @idempotent_function(  # type: ignore[untyped-decorator]  # - Powertools gives it no type
        data_keyword_argument="job", persistence_store=layer, config=config(event_key_jmespath=BY_ID)
    )
    def book(*, job: dict[str, str]) -> str:
        connection.execute(INSERT)
        return "booked"

    return book


def test_in_a_local_execution_it_is_refused_and_nothing_is_claimed(ours: Subject, idem: Idempotency) -> None:
    @mark()
    def pay(job: dict[str, str], db: Any = idem.lent) -> str:
        return str(on(ours.layer, db)(job=job))

    with pytest.raises(
        ConfigurationError, match=r"<locals>.book is called inside the local @money_moving .* pay:"
    ):
        pay(JOB)
    assert amounts(ours.db) == []
    assert ours.db.execute("SELECT count(*) FROM idempotency_records").fetchone() == (0,)
    assert ours.db.execute("SELECT count(*) FROM aml.idempotency_records").fetchone() == (0,)


def test_a_layer_that_is_asked_by_hand_in_a_local_execution_is_refused(
    ours: Subject, idem: Idempotency
) -> None:
    layer = ours.layer
    layer.configure(config(event_key_jmespath=BY_ID), "pay")

    @mark()
    def pay(job: dict[str, str], db: Any = idem.lent) -> None:
        db.execute(INSERT)
        layer.save_inprogress(job)

    with pytest.raises(ConfigurationError, match="a call of PostgresPersistenceLayer is called inside"):
        pay(JOB)
    assert amounts(ours.db) == []


def test_on_the_connection_that_is_lent_it_is_undone_with_the_execution(
    ours: Subject, idem: Idempotency
) -> None:
    failing = [True]

    @mark()
    def pay(job: dict[str, str], db: Any = idem.lent) -> str:
        booked = str(on(ours.another(connection=db), db)(job=job))
        if failing:
            raise RuntimeError(failing.pop())
        return booked

    with pytest.raises(RuntimeError):
        pay(JOB)
    assert amounts(ours.db) == []
    assert pay(JOB) == "booked"
    assert amounts(ours.db) == [5]


def test_in_an_external_execution_it_commits_by_itself(ours: Subject, idem: Idempotency) -> None:
    @mark(effect="external")
    def pay(job: dict[str, str]) -> str:
        return str(on(ours.layer, ours.db)(job=job))

    assert pay(JOB) == pay(JOB) == "booked"
    assert amounts(ours.db) == [5]


def test_a_marked_function_inside_of_one_on_the_layer_commits_first(ours: Subject, idem: Idempotency) -> None:
    @mark()
    def pay(job: dict[str, str], db: Any = idem.lent) -> str:
        db.execute(INSERT)
        return "paid"

    @idempotent_function(  # type: ignore[untyped-decorator]  # - Powertools gives it no type
        data_keyword_argument="job", persistence_store=ours.layer, config=config(event_key_jmespath=BY_ID)
    )
    def outer(*, job: dict[str, str]) -> str:
        return str(pay(job))

    assert outer(job=JOB) == outer(job=JOB) == "paid"
    assert amounts(ours.db) == [5]

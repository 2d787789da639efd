"""What a job framework passes first is no payload: a redelivery is the same call."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from celery import Celery

from idem_runtime import Idempotency, KeyReused, money_moving
from tests.runtime.adapters.contract import ledger
from tests.runtime.calls import INSERT, Database


@pytest.fixture
def idem(dsn: str, db: Database) -> Iterator[Idempotency]:
    made = Idempotency(dsn)
    made.install()
    yield made
    made.close()


MARK = money_moving(operation="pay", connection="inside", key=lambda order: order, principal=lambda: "acme")


def test_a_bound_celery_task_is_no_payload_and_its_redelivery_replays(
    idem: Idempotency, db: Database
) -> None:
    app = Celery("bank", broker="memory://", backend="cache+memory://")

    @app.task(bind=True, name="pay")
    @MARK
    def pay(self: Any, order: str, amount: int) -> str:
        idem.sync_connection().execute(INSERT, (amount,))
        return str(self.request.id)

    first = pay.apply(args=("o1", 5), task_id="one")
    again = pay.apply(args=("o1", 5), task_id="two")
    assert (first.get(), again.get(), ledger(db)) == ("one", "one", [5])
    with pytest.raises(KeyReused):
        pay.apply(args=("o1", 6)).get()


def named(name: str) -> Any:
    """An instance of the class that ``name`` says."""
    module, _, own = name.rpartition(".")
    return type(own, (), {"__module__": module})()


CONTEXTS = [
    {"job_id": "1", "job_try": 1, "enqueue_time": object(), "score": 1, "mine": object()},
    {"redis": named("arq.connections.ArqRedis")},
    {"worker": object(), "job": named("saq.job.Job")},
    named("procrastinate.job_context.JobContext"),
]


@pytest.mark.parametrize("context", CONTEXTS, ids=["arq", "arq without job", "saq", "procrastinate"])
def test_the_context_of_a_job_is_no_payload(idem: Idempotency, db: Database, context: Any) -> None:
    @MARK
    async def pay(ctx: Any, order: str, amount: int) -> int:
        await (await idem.connection()).execute(INSERT, (amount,))
        return amount

    async def main() -> list[int]:
        try:
            again = {**context, "job_try": 2} if isinstance(context, dict) else context
            answers = [
                await pay(context, "o1", 5),
                await pay(again, "o1", amount=5),
                await pay(ctx=again, order="o1", amount=5),
            ]
            with pytest.raises(KeyReused):
                await pay(context, "o1", 6)
            return answers
        finally:
            await idem.aclose()

    assert (asyncio.run(main()), ledger(db)) == ([5, 5, 5], [5])


@pytest.mark.parametrize("first", [{"job_id": "1"}, {"job": "x"}, {"redis": "x"}, {}])
def test_a_first_argument_that_is_only_similar_counts(idem: Idempotency, first: dict[str, str]) -> None:
    @MARK
    def pay(details: dict[str, str], order: str) -> int:
        return 1

    with pytest.warns(RuntimeWarning):
        assert pay(first, "o1") == 1
    with pytest.raises(KeyReused):
        pay({**first, "amount": "6"}, "o1")


def test_a_call_without_arguments_has_no_first_one(idem: Idempotency) -> None:
    @money_moving(
        operation="nightly", connection="inside", key=lambda: "2027-01-31", principal=lambda: "acme"
    )
    def nightly() -> int:
        return 1

    with pytest.warns(RuntimeWarning):
        assert (nightly(), nightly()) == (1, 1)

"""How a Celery task takes what its mark raises; without a worker."""

from __future__ import annotations

import json
from typing import Any

import pytest
from celery import Celery
from celery.exceptions import Reject, Retry
from kombu.exceptions import OperationalError

from idem_runtime import ConfigurationError, IdempotencyError, InProgress, KeyReused, money_moving
from idem_runtime.adapters.queues.celery import WAITS, MoneyTask
from tests.runtime.queues.scripted import COUNTED, FINAL, MARK, UNCOUNTED, Scripted


@pytest.fixture
def app() -> Celery:
    return Celery("bank", broker="memory://", backend="cache+memory://", set_as_current=False)


def pay(order: str, amount: int) -> int:
    return amount


@pytest.mark.parametrize("error", UNCOUNTED)
def test_waiting_does_not_count_against_the_retries_of_a_task(
    app: Celery, error: type[IdempotencyError]
) -> None:
    script = Scripted(*(error() for _ in range(5)))
    task = app.task(base=MoneyTask, name="pay", max_retries=0)(MARK(pay))
    assert (task.apply(("o1", 5)).get(), script.calls) == (5, 6)


@pytest.mark.parametrize("error", COUNTED)
def test_a_handler_that_fails_for_now_is_retried_as_often_as_the_task_allows(
    app: Celery, error: type[IdempotencyError]
) -> None:
    script = Scripted(*(error() for _ in range(5)))
    task = app.task(base=MoneyTask, name="pay", max_retries=2)(MARK(pay))
    with pytest.raises(error):
        task.apply(("o1", 5)).get()
    assert script.calls == 3


@pytest.mark.parametrize("error", FINAL)
def test_a_final_refusal_is_never_retried_whatever_the_task_retries_by_itself(
    app: Celery, error: type[IdempotencyError]
) -> None:
    script = Scripted(error())
    task = app.task(base=MoneyTask, name="pay", autoretry_for=(Exception,), max_retries=5)(MARK(pay))
    result = task.apply(("o1", 5))
    assert (result.state, type(result.result), script.calls) == ("FAILURE", error, 1)


def test_waiting_is_not_what_a_task_retries_by_itself(app: Celery) -> None:
    script = Scripted(InProgress(), InProgress())
    task = app.task(base=MoneyTask, name="pay", autoretry_for=(Exception,), max_retries=0)(MARK(pay))
    assert (task.apply(("o1", 5)).get(), script.calls) == (5, 3)


def test_what_else_a_task_raises_is_retried_as_it_says(app: Celery) -> None:
    script = Scripted(ConnectionError(), ConnectionError())
    task = app.task(base=MoneyTask, name="pay", autoretry_for=(ConnectionError,), max_retries=2)(MARK(pay))
    assert (task.apply(("o1", 5)).get(), script.calls) == (5, 3)


def test_outside_a_worker_a_refusal_is_raised_as_it_is(app: Celery) -> None:
    Scripted(InProgress(), KeyReused())
    task = app.task(base=MoneyTask, name="pay")(MARK(pay))
    for error in (InProgress, KeyReused):
        with pytest.raises(error):
            task("o1", 5)


def in_worker(app: Celery, task: Any, **request: Any) -> Any:
    """One delivery of the message, as a worker handles it."""
    task.push_request(
        id="m1",
        args=("o1", 5),
        kwargs={},
        called_directly=False,
        delivery_info={"exchange": "", "routing_key": "celery"},
        **request,
    )
    try:
        return MoneyTask.__call__(task, "o1", 5)
    finally:
        task.pop_request()


def messages(app: Celery, queue: str) -> list[Any]:
    with app.connection() as connection, connection.channel() as channel:
        read = []
        while (message := channel.basic_get(queue, no_ack=True)) is not None:
            read.append(message)
        return read


@pytest.fixture
def stack_protected() -> Any:
    """What a worker does at its start, so that a task that calls ``super()`` keeps its request."""
    from celery.app import trace

    trace.setup_worker_optimizations(Celery("stack", set_as_current=False))
    yield
    trace.reset_worker_optimizations()


@pytest.mark.usefixtures("stack_protected")
def test_a_message_that_waits_is_sent_again_with_its_retries_and_says_how_often_it_waited(
    app: Celery,
) -> None:
    Scripted(InProgress())
    task = app.task(base=MoneyTask, name="pay")(MARK(pay))
    with pytest.raises(Retry) as raised:
        in_worker(app, task, retries=2, headers={WAITS: 1, "mine": "x"}, idem_waits=1)
    assert 2 <= raised.value.when <= 2.5
    (again,) = messages(app, "celery")
    assert {name: again.headers[name] for name in ("id", "retries", WAITS, "mine")} == {
        "id": "m1",
        "retries": 2,
        WAITS: 2,
        "mine": "x",
    }
    assert json.loads(again.body)[0] == ["o1", 5]


@pytest.mark.usefixtures("stack_protected")
def test_a_final_refusal_leaves_a_copy_among_the_dead_letters(app: Celery) -> None:
    Scripted(KeyReused())
    task = app.task(base=MoneyTask, name="pay", dead_letter_queue="dead")(MARK(pay))
    with pytest.raises(KeyReused):
        in_worker(app, task)
    (dead,) = messages(app, "dead")
    assert (dead.headers["id"], dead.headers["idem_code"]) == ("m1", "key_reused")
    assert messages(app, "celery") == []


@pytest.mark.usefixtures("stack_protected")
@pytest.mark.parametrize("error", [InProgress, KeyReused])
def test_where_the_broker_does_not_take_the_copy_the_original_stays(
    app: Celery, error: type[IdempotencyError], monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: Any, **__: Any) -> None:
        raise OperationalError("the broker is away")

    Scripted(error())
    task = app.task(base=MoneyTask, name="pay", dead_letter_queue="dead")(MARK(pay))
    monkeypatch.setattr("celery.app.task.Task.apply_async", away)
    with pytest.raises(Reject) as raised:
        in_worker(app, task)
    assert raised.value.requeue is True


def test_a_base_of_tasks_needs_no_mark() -> None:
    class Payments(MoneyTask):
        dead_letter_queue = "dead"

    assert Payments.abstract is True


def test_a_task_acknowledges_late_unless_it_says_otherwise(app: Celery) -> None:
    task = app.task(base=MoneyTask, name="pay")(MARK(pay))
    assert (task.acks_late, task.reject_on_worker_lost) == (True, True)


def test_a_bound_task_and_a_task_of_a_class_are_taken(app: Celery) -> None:
    @app.task(base=MoneyTask, name="bound", bind=True)
    @MARK
    def bound(self: Any, order: str) -> str:
        return f"{order} by {self.name}"

    class Pay(MoneyTask):
        name = "class"

        @MARK
        def run(self, order: str) -> str:
            return order

    Scripted()
    assert bound.apply(("o1",)).get() == "o1 by bound"
    assert app.register_task(Pay()).apply(("o2",)).get() == "o2"


async def asynchronous(order: str) -> None: ...


REFUSED = {
    "no @money_moving reaches it": {"function": pay},
    "is async": {"function": MARK(asynchronous)},
    "add it": {"function": MARK(pay), "dont_autoretry_for": (ValueError,)},
}


@pytest.mark.parametrize("says", REFUSED)
def test_a_task_that_would_not_be_protected_is_refused(app: Celery, says: str) -> None:
    options = dict(REFUSED[says])
    function: Any = options.pop("function")
    with pytest.raises(ConfigurationError, match=says):
        app.task(base=MoneyTask, name="pay", **options)(function).apply(("o1", 5))


def test_a_mark_above_the_task_is_refused(app: Celery) -> None:
    with pytest.raises(ConfigurationError, match="directly above the def"):
        money_moving(operation="pay", key=str, principal=lambda: "acme")(app.task(name="pay")(pay))

"""How a Celery task takes what its mark raises: messages of a broker in memory, by the code of Celery's worker."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from celery import Celery
from celery.app import trace
from celery.concurrency.solo import TaskPool
from celery.worker.request import Request
from kombu.exceptions import OperationalError

from idem_runtime import ConfigurationError, IdempotencyError, InProgress, KeyReused, money_moving
from idem_runtime.adapters.queues import LONGEST_WAIT
from idem_runtime.adapters.queues.celery import WAITS, MoneyTask
from tests.runtime.queues.scripted import COUNTED, FINAL, MARK, UNCOUNTED, Scripted


def app_with(**settings: Any) -> Celery:
    return Celery("bank", broker="memory://", set_as_current=False, **settings)


@pytest.fixture
def app() -> Celery:
    made = app_with(backend="cache+memory://")
    for queue in ("celery", "dead"):
        messages(made, queue)
    return made


@pytest.fixture
def pool(app: Celery) -> Iterator[TaskPool]:
    """What runs a worker's messages; ``super().__call__`` keeps their request, as in every worker."""
    trace.setup_worker_optimizations(app)
    yield TaskPool(app=app)
    trace.reset_worker_optimizations(app)


def messages(app: Celery, queue: str) -> list[Any]:
    with app.connection() as connection, connection.channel() as channel:
        channel.queue_declare(queue)
        read = []
        while (message := channel.basic_get(queue, no_ack=True)) is not None:
            read.append(message)
        return read


def work(app: Celery, pool: TaskPool) -> list[str]:
    """Deliver what waits, and what is sent again meanwhile, at once; what the broker was answered."""
    answered: list[str] = []
    while waiting := messages(app, "celery"):
        answered += deliver(app, pool, waiting)
    return answered


def deliver(app: Celery, pool: TaskPool, waiting: list[Any]) -> list[str]:
    answered: list[str] = []

    def reject(*args: Any) -> None:
        answered.append("requeued" if args[-1] else "dropped")

    for name, task in app.tasks.items():
        task.__trace__ = trace.build_tracer(name, task, app=app)
    for message in waiting:
        request = Request(message, app=app, on_ack=lambda *_: answered.append("done"), on_reject=reject)
        request.execute_using_pool(pool)
    return answered


def pay(order: str, amount: int) -> int:
    return amount


def task_of(app: Celery, function: Any = None, **options: Any) -> Any:
    """Not shared: Celery makes a task of an application one of every other, too."""
    return app.task(base=MoneyTask, name="pay", shared=False, **options)(function or MARK(pay))


def logged(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Level and end of each line about a message."""
    return [
        f"{record.levelname} {record.getMessage().partition('] ')[2]}"
        for record in caplog.records
        if record.name == "idem_runtime"
    ]


@pytest.fixture(autouse=True)
def all_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "idem_runtime")


@pytest.mark.parametrize("error", UNCOUNTED)
def test_waiting_does_not_count_against_the_retries_of_a_task(
    app: Celery, pool: TaskPool, error: type[IdempotencyError]
) -> None:
    script = Scripted(*(error() for _ in range(5)))
    task = task_of(app, max_retries=0)
    result = task.delay("o1", 5)
    assert (work(app, pool), script.calls) == (["done"] * 6, 6)
    assert (result.state, result.result) == ("SUCCESS", 5)


@pytest.mark.parametrize("error", COUNTED)
def test_a_handler_that_fails_for_now_is_retried_as_often_as_the_task_allows_and_then_a_dead_letter(
    app: Celery, pool: TaskPool, error: type[IdempotencyError], caplog: pytest.LogCaptureFixture
) -> None:
    script = Scripted(*(error() for _ in range(5)))
    task = task_of(app, max_retries=2, dead_letter_queue="dead")
    result = task.delay("o1", 5)
    assert (work(app, pool), script.calls) == (["done"] * 3, 3)
    assert (result.state, type(result.result)) == ("FAILURE", error)
    assert [message.headers["idem_code"] for message in messages(app, "dead")] == [error.code]
    *retries, last = logged(caplog)
    assert [line.split(" in ")[0] for line in retries] == ["INFO is tried again"] * 2
    assert last.startswith(f"ERROR is not tried again: {error.code}")
    assert last.endswith("queue dead")


@pytest.mark.parametrize("error", COUNTED)
def test_a_task_without_a_limit_is_retried_for_ever(
    app: Celery, pool: TaskPool, error: type[IdempotencyError]
) -> None:
    Scripted(*(error() for _ in range(9)))
    result = task_of(app, max_retries=None).delay("o1", 5)
    work(app, pool)
    assert result.state == "SUCCESS"


@pytest.mark.parametrize("error", FINAL)
def test_a_final_refusal_is_never_retried_whatever_the_task_retries_by_itself(
    app: Celery, pool: TaskPool, error: type[IdempotencyError]
) -> None:
    script = Scripted(error())
    task = task_of(app, autoretry_for=(Exception,), max_retries=5)
    result = task.delay("o1", 5)
    work(app, pool)
    assert (result.state, type(result.result), script.calls) == ("FAILURE", error, 1)


def test_waiting_is_not_what_a_task_retries_by_itself(app: Celery, pool: TaskPool) -> None:
    script = Scripted(InProgress(), InProgress())
    task = task_of(app, autoretry_for=(Exception,), max_retries=0)
    result = task.delay("o1", 5)
    work(app, pool)
    assert (result.state, script.calls) == ("SUCCESS", 3)


def test_what_else_a_task_raises_is_retried_as_it_says(app: Celery, pool: TaskPool) -> None:
    script = Scripted(ConnectionError(), ConnectionError())
    task = task_of(app, autoretry_for=(ConnectionError,), max_retries=2)
    result = task.delay("o1", 5)
    work(app, pool)
    assert (result.state, script.calls) == ("SUCCESS", 3)


@pytest.mark.parametrize("error", [InProgress, *COUNTED, KeyReused])
def test_outside_a_worker_a_refusal_is_raised_as_it_is(
    app: Celery, error: type[IdempotencyError], caplog: pytest.LogCaptureFixture
) -> None:
    """Called directly, or eagerly: where nothing would pause between two tries."""
    script = Scripted(error(), error(), error())
    task = task_of(app, dead_letter_queue="dead")
    with pytest.raises(error):
        task("o1", 5)
    app.conf.task_always_eager = True
    for result in (task.delay("o1", 5), task.apply(("o1", 5))):
        assert (result.state, type(result.result)) == ("FAILURE", error)
    assert (script.calls, messages(app, "dead"), logged(caplog)) == (3, [], [])


def test_a_message_that_waits_is_sent_again_with_its_retries_and_says_how_often_it_waited(
    app: Celery, pool: TaskPool
) -> None:
    Scripted(*(error() for error in COUNTED), InProgress(), InProgress(), KeyReused())
    task = task_of(app, dead_letter_queue="dead")
    task.apply_async(("o1", 5), task_id="m1", headers={"mine": "x"})
    work(app, pool)
    (again,) = messages(app, "dead")
    said = {name: again.headers[name] for name in ("id", "retries", WAITS, "mine")}
    assert said == {"id": "m1", "retries": 2, WAITS: 2, "mine": "x"}
    assert json.loads(again.body)[0] == ["o1", 5]


def test_a_message_waits_longer_each_time(
    app: Celery, pool: TaskPool, caplog: pytest.LogCaptureFixture
) -> None:
    Scripted(*(InProgress() for _ in range(3)))
    task_of(app).delay("o1", 5)
    work(app, pool)
    waited = [float(line.split(" in ")[1].split(" s")[0]) for line in logged(caplog)]
    assert [least <= seconds <= 1.3 * least for least, seconds in zip((1, 2, 4), waited, strict=True)] == [
        True
    ] * 3


def test_a_final_refusal_leaves_a_copy_among_the_dead_letters(app: Celery, pool: TaskPool) -> None:
    Scripted(KeyReused())
    task = task_of(app, dead_letter_queue="dead")
    task.apply_async(("o1", 5), task_id="m1")
    assert work(app, pool) == ["done"]
    (dead,) = messages(app, "dead")
    assert (dead.headers["id"], dead.headers["idem_code"]) == ("m1", "key_reused")


def test_a_dead_letter_that_is_refused_again_does_not_go_round_at_full_speed(
    app: Celery, pool: TaskPool
) -> None:
    """A worker of the dead letters' queue gets what it gives up."""
    Scripted(KeyReused(), KeyReused())
    result = task_of(app, dead_letter_queue="dead").delay("o1", 5)
    work(app, pool)
    dead = messages(app, "dead")
    assert dead[0].headers["eta"] is None
    assert deliver(app, pool, dead) == ["done"]
    (again,) = messages(app, "dead")
    wait = datetime.fromisoformat(again.headers["eta"]) - datetime.now(tz=UTC)
    assert 30 < wait.total_seconds() <= LONGEST_WAIT
    assert (deliver(app, pool, [again]), result.state) == (["done"], "SUCCESS")


@pytest.mark.parametrize("of_task", [None, 60])
def test_a_dead_letter_never_expires(app: Celery, pool: TaskPool, of_task: int | None) -> None:
    Scripted(InProgress(), KeyReused())
    task = task_of(app, dead_letter_queue="dead", expires=of_task)
    task.apply_async(("o1", 5), **({} if of_task else {"expires": 60}))
    work(app, pool)
    (dead,) = messages(app, "dead")
    assert dead.headers["expires"] is None


@pytest.mark.parametrize("error", [InProgress, *COUNTED, KeyReused])
def test_where_the_broker_does_not_take_the_copy_the_original_stays(
    app: Celery,
    pool: TaskPool,
    error: type[IdempotencyError],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def away(*_: Any, **__: Any) -> None:
        raise OperationalError("the broker is away")

    Scripted(error())
    task = task_of(app, dead_letter_queue="dead")
    task.delay("o1", 5)
    monkeypatch.setattr("celery.app.task.Task.apply_async", away)
    assert (work(app, pool), logged(caplog)) == (["requeued"], [])


def test_without_a_dead_letter_queue_the_log_names_the_result(
    app: Celery, pool: TaskPool, caplog: pytest.LogCaptureFixture
) -> None:
    """Also of a message whose sender ignores results."""
    Scripted(KeyReused())
    task = task_of(app, ignore_result=True)
    result = task.apply_async(("o1", 5), ignore_result=True)
    work(app, pool)
    assert logged(caplog)[0].endswith("it is in its result, as a failure")
    assert app.AsyncResult(result.id).state == "FAILURE"


NOWHERE: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "no backend": ({}, {}),
    "a disabled one": ({"backend": "disabled://"}, {}),
    "failures are not kept": (
        {"backend": "cache+memory://"},
        {"ignore_result": True, "store_errors_even_if_ignored": False},
    ),
}


@pytest.mark.parametrize("case", NOWHERE)
def test_a_task_whose_refused_messages_would_be_nowhere_is_refused_each_time(case: str) -> None:
    settings, options = NOWHERE[case]
    app = app_with(**settings)
    task = task_of(app, **options)
    for _ in range(2):
        with pytest.raises(ConfigurationError, match="dead_letter_queue="):
            task.delay("o1", 5)
    other = task_of(app, dead_letter_queue="dead", **options)
    assert other.name == "pay"


def test_a_class_of_a_task_whose_refused_messages_would_be_nowhere_is_refused() -> None:
    class Pay(MoneyTask):
        name = "class"

        @MARK
        def run(self, order: str) -> str:
            return order

    app = app_with()
    with pytest.raises(ConfigurationError, match="dead_letter_queue="):
        app.register_task(Pay())
    assert "class" not in app.tasks


def test_a_tasks_own_backend_is_enough() -> None:
    backend = app_with(backend="cache+memory://").backend
    assert task_of(app_with(), backend=backend).name == "pay"


def test_a_base_of_tasks_needs_no_mark() -> None:
    class Payments(MoneyTask):
        dead_letter_queue = "dead"

    assert Payments.abstract is True


def test_a_task_acknowledges_late_unless_it_says_otherwise(app: Celery) -> None:
    task = task_of(app)
    assert (task.acks_late, task.reject_on_worker_lost) == (True, True)


def test_a_bound_task_and_a_task_of_a_class_are_taken(app: Celery) -> None:
    @app.task(base=MoneyTask, name="bound", bind=True, shared=False)
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
        task_of(app, function, **options).apply(("o1", 5))


def test_a_mark_above_the_task_is_refused(app: Celery) -> None:
    with pytest.raises(ConfigurationError, match="directly above the def"):
        money_moving(operation="pay", key=str, principal=lambda: "acme")(
            app.task(name="pay", shared=False)(pay)
        )

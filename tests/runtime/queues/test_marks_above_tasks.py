"""A mark above the decorator that registers a task guards nothing, so it is refused where it stands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import celery
import dramatiq
import huey
import procrastinate
import pytest
from dramatiq.brokers.stub import StubBroker
from faststream.redis import RedisBroker
from procrastinate.testing import InMemoryConnector

from idem_runtime import ConfigurationError, money_moving


def pay(order: str) -> None: ...


def of_celery(*, shared: bool = False) -> Any:
    return celery.shared_task(pay) if shared else celery.Celery("bank", set_as_current=False).task(pay)


MAKERS: dict[str, Callable[[], Any]] = {
    "celery": of_celery,
    "celery, shared": lambda: of_celery(shared=True),
    "dramatiq": lambda: dramatiq.actor(pay, broker=StubBroker()),
    "faststream": lambda: RedisBroker().subscriber(stream="pay")(pay),
    "huey": lambda: huey.MemoryHuey().task()(pay),
    "procrastinate": lambda: procrastinate.App(connector=InMemoryConnector()).task(pay),
}


@pytest.mark.parametrize("framework", MAKERS)
def test_a_mark_above_a_task_is_refused(framework: str) -> None:
    task = MAKERS[framework]()
    with pytest.raises(ConfigurationError, match="above the decorator that registers a task"):
        money_moving(operation="pay", key=lambda order: order, principal=lambda: "acme")(task)

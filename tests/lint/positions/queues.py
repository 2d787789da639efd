"""Where a mark takes effect in task queues: the task ``pay`` is run as a worker would run it."""

from __future__ import annotations

import json
from types import ModuleType
from typing import Any

from tests.lint.positions._table import outcomes, snippets
from tests.lint.positions.recorder import executions

PRELUDE = """\
from celery import Celery, shared_task
from dramatiq import actor
from dramatiq.brokers.stub import StubBroker
from huey import MemoryHuey

from recorder import money_moving

celery_app = Celery("bank", set_as_current=True)
broker = StubBroker()
huey = MemoryHuey()

"""

TABLE = """
### + celery, below
@celery_app.task()
@money_moving
def pay():
    return True

### - celery, above
@money_moving
@celery_app.task()
def pay():
    return True

### + celery, shared_task, below
@shared_task()
@money_moving
def pay():
    return True

### - celery, shared_task, above
@money_moving
@shared_task()
def pay():
    return True

### - celery, rebound afterwards
@celery_app.task()
def pay():
    return True

pay = money_moving(pay)

### + dramatiq, below
@actor(broker=broker, actor_name="pay")
@money_moving
def pay():
    return True

### - dramatiq, above
@money_moving
@actor(broker=broker, actor_name="pay")
def pay():
    return True

### + huey, below
@huey.task()
@money_moving
def pay():
    return True

### - huey, above
@money_moving
@huey.task()
def pay():
    return True
"""

SNIPPETS = snippets(PRELUDE, TABLE)


def is_effective(module: ModuleType) -> bool:
    """Whether the worker's run went through the mark."""
    with executions() as count:
        name = f"{module.__name__}.pay"
        if name in module.celery_app.tasks:
            module.celery_app.tasks[name].apply().get()
        elif "pay" in module.broker.actors:
            _consume(module.broker)
        else:
            module.huey.execute(module.huey._registry.string_to_task(name)())
        return count() > 0


def _consume(broker: Any) -> None:
    from dramatiq import Worker

    worker = Worker(broker, worker_timeout=10, worker_threads=1)
    worker.start()
    try:
        broker.actors["pay"].send()
        broker.join("default", timeout=10_000)
        worker.join()
    finally:
        worker.stop()


if __name__ == "__main__":
    print(json.dumps(outcomes(SNIPPETS, is_effective)))

"""A worker of the queue in Postgres in ``docs/queues.md``, whose program it runs, with the payments of these tests."""

from __future__ import annotations

import logging
import os
import re
import sys
import time
import types
from pathlib import Path
from typing import Any

import psycopg

from tests.runtime.queues import payments

PAGE = Path(__file__).parents[3] / "docs" / "queues.md"
NAME = "queue worker"
TASKS = {"pay": payments.pay, "send": payments.send}


def program(dsn: str) -> Any:
    """The page's program as a module."""
    found = re.search(r"<!-- program: postgres -->\n```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert found is not None
    module = types.ModuleType("documented")
    exec(compile(found[1].replace("postgresql://…", dsn), "documented.py", "exec"), vars(module))
    return module


def main(dsn: str) -> None:
    logging.basicConfig(level=logging.INFO)
    module = program(dsn)
    module.settle = lambda task, order, amount: TASKS[task](order, amount)
    payments.installed()
    with psycopg.connect(dsn, autocommit=True, application_name=NAME) as queue:
        while True:
            try:
                if not module.work(queue):
                    time.sleep(0.05)
            except ConnectionError:  # what a task raises
                logging.getLogger(NAME).exception("a task failed")


if __name__ == "__main__":
    sys.exit(main(os.environ["QUEUE_DSN"]))

"""Task decorators of queues that no test here runs: which are known, and that other decorators of such names are not."""

from __future__ import annotations

from pathlib import Path

import pytest

from idem_lint.running.project_run import check
from idem_lint.settings.config import Config

KNOWN = (
    ("from celery import Celery\napp = Celery()", "app.task(bind=True)"),
    ("from celery import shared_task", "shared_task"),
    ("import dramatiq", "dramatiq.actor"),
    ("from huey.contrib.djhuey import db_task", "db_task()"),
    ("from rq.decorators import job", "job('default', connection=None)"),
    ("from django_rq import job", "job('default')"),
    ("from taskiq import InMemoryBroker\nbroker = InMemoryBroker()", "broker.task"),
    ("from procrastinate import App\napp = App(connector=None)", "app.task(queue='money')"),
    ("from faststream.kafka import KafkaBroker\nbroker = KafkaBroker()", "broker.subscriber('payouts')"),
    (
        "from apscheduler.schedulers.background import BackgroundScheduler\ncron = BackgroundScheduler()",
        "cron.scheduled_job('cron')",
    ),
)
OTHERS = (
    ("from invoke import task", "task"),
    ("from locust import task", "task(3)"),
    ("from wallet.plays import actor", "actor"),
    ("def bind(app): ...", "app.task"),
)


def codes(setup: str, decorator: str, folder: Path) -> list[str]:
    path = folder / "wallet" / "tasks.py"
    path.parent.mkdir()
    path.write_text(
        f"from idem_runtime import money_moving\n{setup}\n\n\n@money_moving\n@{decorator}\ndef pay_out(): ...\n\n\n"
        f"@{decorator}\n@money_moving\ndef pay_in(): ...\n\n\n@{decorator}\ndef report(): ...\n"
    )
    return [finding.code for finding in check([folder], Config(root=folder)).findings]


@pytest.mark.parametrize(("setup", "decorator"), KNOWN, ids=[decorator for _, decorator in KNOWN])
def test_a_mark_above_a_task_decorator_is_idle(setup: str, decorator: str, tmp_path: Path) -> None:
    assert codes(setup, decorator, tmp_path) == ["IDM003"]


@pytest.mark.parametrize(("setup", "decorator"), OTHERS, ids=[decorator for _, decorator in OTHERS])
def test_a_decorator_of_the_same_name_is_none_of_theirs(setup: str, decorator: str, tmp_path: Path) -> None:
    assert codes(setup, decorator, tmp_path) == []

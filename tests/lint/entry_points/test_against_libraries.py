"""What the tables say starts code is what the libraries themselves have registered, on the cases of IDM102."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from dramatiq import set_broker
from dramatiq.brokers.stub import StubBroker

from tests.lint.inventory import inventory_of

CASES = Path(__file__).parents[1] / "rule_cases"


def load(monkeypatch: pytest.MonkeyPatch, case: str, file: str, *stand_ins: str) -> ModuleType:
    """A module of a case, imported; ``stand_ins`` are packages that are not installed."""
    monkeypatch.syspath_prepend(str(CASES / case))
    set_broker(StubBroker())  # which refuses an actor that it has already
    for name in stand_ins:
        monkeypatch.setitem(sys.modules, name, _StandIn(name))
    for name in ("ledger", "celery_tasks", "celery_beat"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    spec = importlib.util.spec_from_file_location(f"case_{case}_{file}", CASES / case / f"{file}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class _StandIn(ModuleType):
    """A package that is not installed: whatever is asked of it takes everything, and decorates nothing."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _StandIn(name)

    def __call__(self, *args: Any, **_more: Any) -> Any:
        return args[0] if len(args) == 1 and callable(args[0]) else self


def told(case: str, file: str, title: str) -> set[str]:
    """The entry points of a file that the linter calls so."""
    return {
        point.qualname
        for point in inventory_of(CASES / case).entry_points
        if point.place.file.endswith(f"/{file}.py") and point.title == title
    }


def celery(module: ModuleType) -> set[str]:
    module.app.finalize()
    return {name.rpartition(".")[2] for name in module.app.tasks if not name.startswith("celery.")}


def dramatiq(module: ModuleType) -> set[str]:
    return set(module.dramatiq.get_broker().get_declared_actors())


def huey(module: ModuleType) -> set[str]:
    return {name.rpartition(".")[2] for name in module.huey._registry._registry}


def procrastinate(module: ModuleType) -> set[str]:
    return {
        task.func.__name__
        for task in module.procrastinate_app.tasks.values()
        if task.func.__module__ == module.__name__
    }


def arq(module: ModuleType) -> set[str]:
    from arq.worker import Function, get_kwargs

    jobs: list[Any] = get_kwargs(module.WorkerSettings)["functions"]
    crons = {job.coroutine.__name__ for job in module.WorkerSettings.cron_jobs}
    return {(job.coroutine if isinstance(job, Function) else job).__name__ for job in jobs} | crons


def click(module: ModuleType) -> set[str]:
    import click

    commands = [each for each in vars(module).values() if isinstance(each, click.Command)]
    return {command.callback.__name__ for command in commands if command.callback is not None}


OTHERS = ("rq", "rq.decorators", "taskiq")


@pytest.mark.parametrize(
    ("case", "file", "title", "registered", "stand_ins", "more"),
    [
        ("idm102_tasks", "celery_tasks", "a Celery task", celery, (), {"Refund.run"}),
        ("idm102_tasks", "other_queues", "a dramatiq actor", dramatiq, OTHERS, set()),
        ("idm102_tasks", "other_queues", "a Huey task", huey, OTHERS, set()),
        ("idm102_tasks", "other_queues", "a procrastinate task", procrastinate, OTHERS, set()),
        ("idm102_tasks", "other_queues", "an arq job", arq, OTHERS, set()),
        ("idm102_commands", "cli", "a command", click, ("typer",), {"charge", "idle"}),
    ],
)
def test_a_library_has_registered_what_the_linter_lists(
    case: str,
    file: str,
    title: str,
    registered: Callable[[ModuleType], set[str]],
    stand_ins: tuple[str, ...],
    more: set[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """``more``: a class that something else registers, a command of a package that is not there, one below an idle mark."""
    listed = {name.removesuffix(".perform") for name in told(case, file, title)}
    assert listed
    assert registered(load(monkeypatch, case, file, *stand_ins)) == listed - more

"""Each crash point is where its name says; the process that dies there is tested in test_storms."""

from __future__ import annotations

import io
import os
import pickle
import signal
import sys
from collections.abc import Iterator
from typing import Any, get_args

import psycopg
import pytest

from idem_runtime.execution.execution import Execution
from idem_runtime.testing import crash_points, victim
from idem_runtime.testing.crash_points import CrashPoint
from idem_runtime.testing.targets import FunctionCall, MarkedFunction
from tests.runtime.adapters.contract import ledger
from tests.runtime.testing import shop


class Died(BaseException):
    pass


def die() -> None:
    raise Died


@pytest.fixture(autouse=True)
def disarmed(monkeypatch: pytest.MonkeyPatch, dsn: str) -> Iterator[None]:
    monkeypatch.setenv("SHOP_DSN", dsn)
    monkeypatch.setattr(sys, "path", list(sys.path))
    for name in ("_claim", "_executes", "finishing", "_settle"):
        monkeypatch.setattr(Execution, name, getattr(Execution, name))
    yield
    while shop.made:
        shop.made.pop().close()


def given(point: str, amount: Any = 7) -> io.BytesIO:
    target = MarkedFunction("tests.runtime.testing.shop:pay()")
    instructions = {"target": target, "request": FunctionCall(("k", amount)), "point": point}
    return io.BytesIO(pickle.dumps(sys.path) + pickle.dumps(instructions))


@pytest.mark.parametrize("point", get_args(CrashPoint))
def test_what_comes_after_the_point_has_not_happened(
    point: CrashPoint, monkeypatch: pytest.MonkeyPatch, db: psycopg.Connection[Any]
) -> None:
    monkeypatch.setattr(crash_points, "_killed", die)
    with pytest.raises(Died):
        victim.run(given(point))
    assert ledger(db) == ([7] if point == "after_record" else [])


def test_a_point_that_is_not_come_to_lets_the_call_end(db: psycopg.Connection[Any]) -> None:
    for point in get_args(CrashPoint):
        crash_points.arm(point, lambda: None)
    assert victim.run(given("after_record", "no number")).startswith("500 InvalidTextRepresentation")


def test_a_process_is_killed_without_a_word(monkeypatch: pytest.MonkeyPatch) -> None:
    killed: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "kill", lambda *what: killed.append(what))
    crash_points._killed()
    assert killed == [(os.getpid(), signal.SIGKILL)]

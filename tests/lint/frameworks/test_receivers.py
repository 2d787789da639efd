"""What is said to a router elsewhere."""

from __future__ import annotations

from pathlib import Path

from tests.lint.frameworks.projects import marks_of

CALLS = """
from bottle import Bottle, install
from idem_runtime import money_moving

first, second, third = Bottle(), Bottle(), Bottle()
first.install(money_moving)
install(money_moving)
(lambda: third)().install(money_moving)
make()(money_moving)


@first.post("/first")
def in_first():
    return {}


@second.post("/second")
def in_second():
    return {}


@third.post("/third")
def in_third():
    return {}
"""


def test_only_calls_on_the_same_object_count(tmp_path: Path) -> None:
    assert marks_of(tmp_path, CALLS) == {"in_first": True, "in_second": False, "in_third": True}

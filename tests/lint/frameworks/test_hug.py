"""hug: functions, chained routers, and classes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lint.frameworks.annotated import check_source, sources

TABLE = """
### functions
import hug
from idem_runtime import money_moving

api = hug.route.API(__name__)


@hug.post("/transfers")
@money_moving
def transfer(amount: hug.types.number): ...  # found: money_moving


@money_moving
@hug.post("/above")
def above(amount: int): ...  # idle


@hug.http("/payouts", accept="POST")
def payout(amount: int): ...  # found


@hug.http("/any")
def anything(amount: int): ...  # found


@hug.post()
def by_its_name(amount: int): ...  # found


@hug.get_post("/both")
def both(amount: int): ...  # found


@hug.get("/limits")
def limits(): ...


@api.post("/tips")
def tip(amount: int): ...  # found


@hug.http().post("/chained")
def chained(amount: int): ...  # found


@hug.http("/accepted").accept("POST")
def accepted(amount: int): ...  # found


@hug.http("/read").accept("GET")
def read(): ...

### classes
import hug
from idem_runtime import money_moving


@hug.object(urls="/refunds")
class Refunds:
    @hug.object.post()
    def make(self, amount: int): ...  # found

    @money_moving
    @hug.object.post("/above")
    def above(self, amount: int): ...  # found: money_moving

    @hug.object.get("/list")
    def list(self): ...


@hug.object.http_methods("/fees")
class Fees:
    def get(self): ...

    def post(self, amount: int): ...  # found
"""


@pytest.mark.parametrize("source", sources(TABLE))
def test_what_registers_is_found(source: str, tmp_path: Path) -> None:
    check_source(source, tmp_path)

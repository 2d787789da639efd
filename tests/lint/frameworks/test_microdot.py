"""Microdot: routes of applications that are mounted."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lint.frameworks.annotated import check_source, sources

TABLE = """
### verbs and methods
from idem_runtime import money_moving
from microdot import Microdot

app = Microdot()
cards = Microdot()


@app.post("/transfers")
@money_moving
async def transfer(request): ...  # found: money_moving


@money_moving
@cards.post("/charge")
async def charge(request): ...  # idle


@app.route("/payouts", methods=["post"])
def payout(request): ...  # found


@app.route("/limits")
def limits(request): ...


app.mount(cards, url_prefix="/cards")
"""


@pytest.mark.parametrize("source", sources(TABLE))
def test_what_registers_is_found(source: str, tmp_path: Path) -> None:
    check_source(source, tmp_path)

"""FastHTML: routes that the function's name decides."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lint.frameworks.annotated import check_source, sources

TABLE = """
### with a path, bare, with methods
from fasthtml.common import P, fast_app
from idem_runtime import money_moving

app, rt = fast_app()


@rt("/transfers")
@money_moving
def post(amount: int): ...  # found: money_moving


@rt("/payouts")
def get(): ...


@rt
def payout(amount: int): ...  # found


@rt("/refunds", methods=["post"])
def refund(amount: int): ...  # found


@app.post("/tips")
def tip(amount: int): ...  # found


@money_moving
@app.post
def above(amount: int): ...  # idle


@rt("/class")
class Fees:
    def get(self): ...

    def post(self): ...  # found


@rt("/read")
class Read:
    def get(self): ...


def make():
    @rt("/nested")
    def post(amount: int): ...  # found

### the application by its index
from fasthtml.common import fast_app

made = fast_app()
app = made[0]


@app.route("/payouts")
def payout(amount: int): ...  # found
"""


@pytest.mark.parametrize("source", sources(TABLE))
def test_what_registers_is_found(source: str, tmp_path: Path) -> None:
    check_source(source, tmp_path)

"""Robyn: registrations in a class."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lint.frameworks.annotated import check_source, sources

TABLE = """
### a bound method, by keywords
from robyn import Robyn


class Desk:
    def __init__(self, app: Robyn) -> None:
        app.add_route(route_type="POST", endpoint="/pay", handler=self.pay)
        app.add_route(route_type="GET", endpoint="/pay", handler=self.show)

    def pay(self, request): ...  # found

    def show(self, request): ...


Desk(Robyn(__file__))
"""


@pytest.mark.parametrize("source", sources(TABLE))
def test_what_registers_is_found(source: str, tmp_path: Path) -> None:
    check_source(source, tmp_path)

"""BlackSheep: ``add`` is a router's only where BlackSheep is imported."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lint.frameworks.annotated import check_source, sources

TABLE = """
### add of a router and add of a set
from blacksheep import Application

app = Application()
seen = set()
seen.add("POST")


def pay(): ...  # found


app.router.add("POST", "/pay", pay)
app.router.add("GET", "/pay", lambda: None)

--- wallet/sets.py
def fill(seen, handler):
    seen.add("POST", "/pay", handler)
"""


@pytest.mark.parametrize("source", sources(TABLE))
def test_what_registers_is_found(source: str, tmp_path: Path) -> None:
    check_source(source, tmp_path)

"""Nameko: HTTP entrypoints; messages answer no method."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lint.frameworks.annotated import check_source, sources

TABLE = """
### entrypoints
from idem_runtime import money_moving
from nameko.rpc import rpc
from nameko.web.handlers import http


class Base:
    @http("POST", "/base")
    def inherited(self, request): ...  # found


class Wallet(Base):
    name = "wallet"

    @http("POST", "/transfers")
    @money_moving
    def transfer(self, request): ...  # found: money_moving

    @money_moving
    @http("GET,POST", "/payouts")
    def payout(self, request): ...  # found: money_moving

    @http("GET", "/limits")
    def limits(self, request): ...

    @rpc
    def refund(self, amount): ...
"""


@pytest.mark.parametrize("source", sources(TABLE))
def test_what_registers_is_found(source: str, tmp_path: Path) -> None:
    check_source(source, tmp_path)

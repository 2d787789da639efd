"""web.py: classes in a mapping, and pages that register themselves."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lint.frameworks.annotated import check_source, sources

TABLE = """
### by name, by class, dotted, in a sub-application
import web
from idem_runtime import money_moving


class Transfers:
    def GET(self): ...

    @money_moving
    def POST(self): ...  # found: money_moving


class Cards:
    def POST(self): ...  # found


cards = web.application(("/charge", Cards), globals())
urls = ("/transfers", "Transfers", "/cards", cards, "/payouts", "wallet.payouts.Payouts")
app = web.application(urls, globals())
--- wallet/payouts.py
class Payouts:
    def POST(self): ...  # found


class Ledger:
    def POST(self): ...

### a page
import web

app = web.auto_application()


class Transfers(app.page):
    path = "/transfers"

    def POST(self): ...  # found

### where the mapping is not to be seen
import web


class Transfers:
    def POST(self):  # found
        return web.input()

### a project's own package of that name
--- web/wallet.py
from web.routes import router


@router.post("/transfers")
def transfer(amount: int): ...  # found
--- web/routes.py
from fastapi import APIRouter

router = APIRouter()
"""


@pytest.mark.parametrize("source", sources(TABLE))
def test_what_registers_is_found(source: str, tmp_path: Path) -> None:
    check_source(source, tmp_path)

"""web.py: classes in a mapping, and pages that register themselves."""

from __future__ import annotations

from pathlib import Path

import pytest

from idem_lint.running.project_run import inventory
from idem_lint.settings.config import Config
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


@pytest.mark.parametrize(
    "application",
    [
        "import web\n\napp = web.application({urls})\n",
        "from web import application as made\n\napp = made({urls})\n",
    ],
    ids=["of the package", "imported"],
)
def test_an_application_in_a_file_that_shows_no_method_says_what_it_serves(
    application: str, tmp_path: Path
) -> None:
    (tmp_path / "app.py").write_text(
        application.format(urls='("/transfers", "wallet.handlers.Transfers"), globals()')
    )
    handlers = tmp_path / "wallet" / "handlers.py"
    handlers.parent.mkdir()
    handlers.write_text("class Transfers:\n    def POST(self): ...\n")
    found = inventory([handlers], Config(root=tmp_path, all_domains=True)).handlers
    assert [(handler.qualname, handler.route) for handler in found] == [("Transfers.POST", "/transfers")]

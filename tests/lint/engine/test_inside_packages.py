"""Packages that are looked at from inside: their modules import each other by names that begin outside."""

from __future__ import annotations

from pathlib import Path

import pytest

from idem_lint.running.project_run import inventory
from idem_lint.settings.config import Config

BASE = """
from flask.views import MethodView


class Resource(MethodView):
    pass


class Deposit(Resource):
    def post(self): ...
"""
IMPORTED: dict[str, str] = {
    "by the package's name": "from bank.web import Deposit",
    "the package itself": "import bank\nDeposit = bank.Deposit",
    "by the name of the package around it": "from company.bank.web import Deposit",
    "from the folder": "from web import Deposit",
    "relatively": "from ..web import Deposit",
}


@pytest.mark.parametrize("how", IMPORTED)
def test_a_package_that_is_the_root_is_known_by_its_name(tmp_path: Path, how: str) -> None:
    around = "company" if "company" in IMPORTED[how] else "folder"
    root = tmp_path / around / "bank"
    (root / "wallet").mkdir(parents=True)
    if around == "company":
        (root.parent / "__init__.py").touch()
    (root / "__init__.py").write_text("from .web import Deposit\n")
    (root / "web.py").write_text(BASE)
    (root / "wallet/__init__.py").touch()
    lines = ["from flask import Flask", IMPORTED[how], "app = Flask(__name__)"]
    lines += ['app.add_url_rule("/deposits", view_func=Deposit.as_view("deposits"))']
    (root / "wallet/app.py").write_text("\n".join(lines))
    found = inventory([root], Config(root=root, all_domains=True))
    assert [(handler.qualname, handler.routes) for handler in found.handlers] == [
        ("Deposit.post", ("/deposits",))
    ]
    assert not found.undecided


def test_what_a_package_does_not_have_is_somebody_elses(tmp_path: Path) -> None:
    root = tmp_path / "bank"
    root.mkdir()
    (root / "__init__.py").touch()
    (root / "web.py").write_text(
        "from bank.gone import Resource\n\n\nclass Deposit(Resource):\n    def post(self): ...\n"
    )
    found = inventory([root], Config(root=root, all_domains=True))
    (undecided,) = found.undecided
    assert "bank.gone.Resource" in undecided.reason

"""Tables of routes that other files fill: whatever they import them as, and whosever attribute they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from idem_lint.engine.module_facts import CallSite, Module
from idem_lint.running.project_run import check
from idem_lint.settings.config import Config
from tests.lint.engine.evaluated_projects import APP
from tests.lint.frameworks.annotated import check_source

CORE = """
--- core/__init__.py
--- core/tables.py
ROUTES = []
VIEWS = {}


class Registry:
    shared = []

    def __init__(self):
        self.own = []
        self.views = {}


class Special(Registry):
    pass


class Other:
    def __init__(self):
        self.own = []


registry = Registry()
special = Special()
other = Other()
"""
MAIN = """
--- main.py
from core.tables import ROUTES, VIEWS, registry
from fastapi import FastAPI

app = FastAPI()
for path, view in [*ROUTES, *VIEWS.items(), *registry.shared, *registry.own, *registry.views.items()]:
    app.post(path)(view)
"""
TRANSFER = "\n\ndef transfer(amount: int):  # found\n    return amount\n\n\n"

FILLED = {
    "append": ("from core.tables import ROUTES", "ROUTES.append(('/a', transfer))"),
    "another name": ("from core.tables import ROUTES as TABLE", "TABLE.append(('/a', transfer))"),
    "through the module": ("from core import tables", "tables.ROUTES.append(('/a', transfer))"),
    "through a package": ("import core.tables", "core.tables.ROUTES.extend([('/a', transfer)])"),
    "an augmented assignment": ("from core.tables import ROUTES", "ROUTES += [('/a', transfer)]"),
    "an augmented attribute": (
        "from core import tables",
        "tables.ROUTES += [('/a', transfer)]\ntables.COUNT += 1",
    ),
    "an item": ("from core.tables import VIEWS", "VIEWS['/a'] = transfer"),
    "update": ("from core.tables import VIEWS", "VIEWS.update({'/a': transfer})"),
    "in a function": (
        "from core.tables import VIEWS",
        "def install():\n    VIEWS['/a'] = transfer\n\n\ninstall()",
    ),
    "imported in a function": (
        "import os",
        "def install():\n    from core.tables import VIEWS\n\n    VIEWS['/a'] = transfer\n\n\ninstall()",
    ),
    "a star": ("from core.tables import *", "ROUTES.append(('/a', transfer))"),
    "an attribute of a class": (
        "from core.tables import Registry",
        "Registry.shared.append(('/a', transfer))",
    ),
    "an attribute of its class by an instance": (
        "from core.tables import registry",
        "registry.shared.append(('/a', transfer))",
    ),
    "an attribute of an instance": (
        "from core.tables import registry",
        "registry.own.append(('/a', transfer))",
    ),
    "an attribute of an instance of an heir": (
        "from core.tables import special",
        "special.own.append(('/a', transfer))",
    ),
    "an item of an attribute": ("from core.tables import registry", "registry.views['/a'] = transfer"),
}


@pytest.mark.parametrize("name", FILLED)
def test_a_table_that_another_file_fills_registers_what_is_in_it(name: str, tmp_path: Path) -> None:
    imported, fills = FILLED[name]
    check_source(f"{imported}{TRANSFER}{fills}\n{CORE}{MAIN}", tmp_path)


@pytest.mark.parametrize(
    ("imported", "fills"),
    [
        pytest.param("ROUTES = []", "ROUTES.append(('/a', transfer))", id="a table of its own"),
        pytest.param(
            "from core.tables import ROUTES",
            "def install():\n    ROUTES = []\n    ROUTES.append(('/a', transfer))\n\n\ninstall()",
            id="a table of a function",
        ),
        pytest.param(
            "from core.tables import other", "other.own.append(('/a', transfer))", id="of another class"
        ),
        pytest.param(
            "from core.more import ROUTES", "ROUTES.append(('/a', transfer))", id="of another module"
        ),
        pytest.param(
            "from core.there import ROUTES",
            "ROUTES.append(('/a', transfer))",
            id="of two that import each other",
        ),
        pytest.param("from lost import ROUTES", "ROUTES.append(('/a', transfer))", id="of an unknown module"),
        pytest.param("import lost", "lost.ROUTES.append(('/a', transfer))", id="of an unknown package"),
    ],
)
def test_a_namesake_fills_another_table(imported: str, fills: str, tmp_path: Path) -> None:
    transfer = TRANSFER.replace("  # found", "")
    more = (
        "--- core/more.py\nROUTES = []\n--- core/there.py\nfrom core.back import ROUTES\n"
        "--- core/back.py\nfrom core.there import ROUTES\n"
    )
    check_source(f"{imported}{transfer}{fills}\n{CORE}{more}{MAIN}", tmp_path)


def test_a_table_is_known_through_the_modules_that_hand_it_on(tmp_path: Path) -> None:
    hub = "--- hub.py\nfrom core.tables import ROUTES\n--- star.py\nfrom hub import *\n"
    check_source(
        f"import star{TRANSFER}star.ROUTES.append(('/a', transfer))\n{CORE}{hub}{MAIN}",
        tmp_path,
    )


def test_the_statements_of_a_name_are_looked_for_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of many modules has a table of the same name: to ask all for each of them would be quadratic."""
    asked: list[str] = []
    growth = Module.growth

    def counted(module: Module, name: str) -> list[CallSite]:
        asked.append(name)
        return growth(module, name)

    monkeypatch.setattr(Module, "growth", counted)
    (tmp_path / "wallet").mkdir()
    for number in range(40):
        (tmp_path / "wallet" / f"m{number}.py").write_text(
            f"{APP}ROUTES = []\nROUTES.append('/a')\n\n\n@app.post(ROUTES[0])\ndef transfer():\n    return 1\n"
        )
    assert len(check([tmp_path], Config(root=tmp_path)).findings) == 40
    assert len([name for name in asked if name == ".ROUTES"]) <= 2 * 40

"""A function that puts what it is given into a table, and a loop that registers the table: the handlers are found."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lint.engine.test_evaluated import findings

HANDLERS = "def transfer():  # here\n    return 1\n\n\ndef balance():\n    return 0\n\n\n"
TABLE = """ROUTES = []


def route(verb, path, view):
    ROUTES.append((verb, path, view))


def install(app):
    for verb, path, view in ROUTES:
        app.add_url_rule(path, view.__name__, view, methods=[verb])
"""
OBJECT = """class Registry:
    def __init__(self):
        self.entries = {}

    def register(self, path, view, *, verb="POST"):
        self.entries[path] = (verb, view)
        return self

    def install(self, app):
        for path, (verb, view) in self.entries.items():
            app.add_url_rule(path, view.__name__, view, methods=[verb])


registry = Registry()
install = registry.install
"""
MAIN = "from core import install\nfrom flask import Flask\n\napp = Flask(__name__)\ninstall(app)\n"


@pytest.mark.parametrize(
    ("core", "calls"),
    [
        (TABLE, "from core import route\n\nroute('POST', '/a', transfer)\nroute('GET', '/b', balance)\n"),
        (
            TABLE,
            "from core import route as add\n\nadd('POST', '/a', transfer)\nadd('GET', '/b', view=balance)\n",
        ),
        (TABLE, "import core\n\nfor path, view in [('/a', transfer)]:\n    core.route('POST', path, view)\n"),
        (
            OBJECT,
            "from core import registry\n\nregistry.register('/a', transfer).register('/b', balance, verb='GET')\n",
        ),
        (
            OBJECT,
            """from core import registry\n\nregistry.register('/a', transfer)
registry.register('/b', balance, verb='GET')\nprint.register('/c', balance)\n""",
        ),
    ],
    ids=["called", "renamed", "in a loop", "chained", "of an object"],
)
def test_what_calls_put_into_a_table_is_registered_by_its_loop(core: str, calls: str, tmp_path: Path) -> None:
    files = {"core.py": core, "wallet/v.py": f"{HANDLERS}{calls}", "main.py": MAIN}
    assert findings(tmp_path, files) == {("v.py", 1, "IDM001")}


def test_a_row_that_is_given_no_handler_is_none(tmp_path: Path) -> None:
    calls = "from core import route\n\nroute('POST', '/a', 'transfer')\n"
    files = {"core.py": TABLE, "wallet/v.py": f"{HANDLERS}{calls}", "main.py": MAIN}
    assert findings(tmp_path, files) == set()


def test_that_a_function_is_called_too_often_to_be_followed_is_said(tmp_path: Path) -> None:
    calls = "".join(f"route('POST', '/{number}', transfer)\n" for number in range(1001))
    files = {"wallet/core.py": TABLE, "views.py": f"from wallet.core import route\n\n\n{HANDLERS}{calls}"}
    assert findings(tmp_path, files | {"main.py": MAIN.replace("core", "wallet.core")}) == {
        ("core.py", 10, "IDM006")
    }


def test_a_table_inside_a_function_that_another_in_it_fills(tmp_path: Path) -> None:
    source = (
        "from flask import Flask\n\napp = Flask(__name__)\n\n\ndef build():\n    rows = []\n\n"
        "    def add(path, view):\n        rows.append((path, view))\n\n    add('/a', transfer)\n"
        "    for path, view in rows:\n        app.add_url_rule(path, 'x', view, methods=['POST'])\n\n\nbuild()\n\n\n"
    )
    found = findings(tmp_path, {"wallet/v.py": f"{source}{HANDLERS}"})
    assert found == {("v.py", source.count("\n") + 1, "IDM001")}

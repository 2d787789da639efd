"""What is said to a router elsewhere."""

from __future__ import annotations

from pathlib import Path

from tests.lint.frameworks.projects import inventory_of, marks_of

CALLS = """
from bottle import Bottle, install
from idem_runtime import money_moving

first, second, third = Bottle(), Bottle(), Bottle()
first.install(money_moving)
install(money_moving)
(lambda: third)().install(money_moving)
make()(money_moving)


@first.post("/first")
def in_first():
    return {}


@second.post("/second")
def in_second():
    return {}


@third.post("/third")
def in_third():
    return {}
"""
ALONE = {
    "app.py": "from bottle import Bottle\n\napp = Bottle()\n\n\n@app.post('/pay')\ndef pay():\n    return {}\n"
}


def test_only_calls_on_the_same_object_count(tmp_path: Path) -> None:
    assert marks_of(tmp_path, CALLS) == {"in_first": True, "in_second": False, "in_third": True}


def test_one_file_alone_is_all_there_is(tmp_path: Path) -> None:
    from idem_lint.judging.project_verdicts import report_alone
    from idem_lint.settings.config import Config

    assert inventory_of(tmp_path, ALONE).handlers
    report = report_alone(
        tmp_path / "app.py", ALONE["app.py"].encode(), Config(root=tmp_path, all_domains=True)
    )
    assert [handler.qualname for handler in report.handlers] == ["pay"]

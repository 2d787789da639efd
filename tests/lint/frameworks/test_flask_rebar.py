"""Flask-Rebar: handlers that a registry holds."""

from __future__ import annotations

from pathlib import Path

from tests.lint.frameworks.projects import marks_of

SOURCE = """
from flask_rebar import Rebar
from idem_runtime import money_moving

rebar = Rebar()
registry = rebar.create_handler_registry(prefix="/v1")


@registry.handles(rule="/transfers", method="POST")
@money_moving
def transfer():
    return {}


@registry.handles(rule="/rates")
def rates():
    return {}


def refund():
    return {}


registry.add_handler(refund, "/refunds", "POST")
"""


def test_the_method_is_one_and_named_method(tmp_path: Path) -> None:
    assert marks_of(tmp_path, SOURCE) == {"transfer": True, "refund": False}

"""A mark that is applied in some cases and not in others guards nothing that one can rely on."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lint.frameworks.projects import inventory_of

HEAD = """
import os
import idem_runtime
from fastapi import APIRouter

router = APIRouter()
"""
ROUTE = "@router.post('/a')\n@{}\ndef transfer(): ...\n"
FALLBACK = """
try:
    from idem_runtime import money_moving
except ImportError:
    {}
"""

CONDITIONAL = {
    "a conditional expression": "guard = idem_runtime.money_moving if os.environ.get('X') else (lambda f: f)\n" + ROUTE.format("guard"),
    "in place": ROUTE.format("(idem_runtime.money_moving if os.environ.get('X') else (lambda f: f))"),
    "two branches": "if os.environ.get('X'):\n    from idem_runtime import money_moving\nelse:\n    def money_moving(f):\n        return f\n"
    + ROUTE.format("money_moving"),
    "a decorator that decides": "def maybe(f):\n    return idem_runtime.money_moving(f) if os.environ.get('X') else f\n" + ROUTE.format("maybe"),
    "a decorator with two returns": "def maybe(f):\n    if os.environ.get('X'):\n        return f\n    return idem_runtime.money_moving(f)\n"
    + ROUTE.format("maybe"),
    "an opt-out or the mark": "def maybe(f):\n    if os.environ.get('X'):\n        return idem_runtime.not_money_moving(reason='reads')(f)\n    return f\n"
    + ROUTE.format("maybe"),
}  # fmt: skip
CERTAIN = {
    "a function where the runtime is not installed": FALLBACK.format("def money_moving(f):\n        return f") + ROUTE.format("money_moving"),
    "a lambda where the runtime is not installed": FALLBACK.format("money_moving = lambda f: f") + ROUTE.format("money_moving"),
    "another module where the runtime is not installed": FALLBACK.format("from wallet.noop import money_moving")
    + ROUTE.format("money_moving"),
    "a decorator of the company's above it": FALLBACK.format("def money_moving(f):\n        return f")
    + "def posting(f):\n    return money_moving(f)\n" + ROUTE.format("posting"),
    "both branches apply it": "def both(f):\n    if os.environ.get('X'):\n        return idem_runtime.money_moving(f)\n    return idem_runtime.money_moving(f)\n"
    + ROUTE.format("both"),
    "what the decorator is given decides": "def posting(moves):\n    def decorate(f):\n        return idem_runtime.money_moving(f) if moves else f\n    return decorate\n"
    + ROUTE.format("posting(True)"),
}  # fmt: skip


@pytest.mark.parametrize("source", CONDITIONAL.values(), ids=CONDITIONAL)
def test_a_mark_under_a_condition_is_not_in_force(source: str, tmp_path: Path) -> None:
    (handler,) = inventory_of(tmp_path, {"app.py": HEAD + source}).handlers
    assert handler.mark is None
    assert {(mark.problem, mark.conditional) for mark in handler.marks} == {
        ("applies the mark only under a condition", True)
    }


@pytest.mark.parametrize("source", CERTAIN.values(), ids=CERTAIN)
def test_what_stands_in_for_the_runtime_changes_nothing(source: str, tmp_path: Path) -> None:
    noop = {"wallet/noop.py": "def money_moving(f):\n    return f\n"}
    (handler,) = inventory_of(tmp_path, {"app.py": HEAD + source, **noop}).handlers
    assert handler.mark == "money_moving"
    assert {mark.problem for mark in handler.marks} == {""}


def test_an_alternative_of_another_package_stays_one(tmp_path: Path) -> None:
    source = "try:\n    from flask import Blueprint\nexcept ImportError:\n    from quart import Blueprint\nbp = Blueprint('a', __name__)\n@bp.post('/a')\ndef transfer(): ...\n"
    (handler,) = inventory_of(tmp_path, {"app.py": source}).handlers
    assert handler.qualname == "transfer"


OVERRIDES = """
from django.urls import path
from django.utils.decorators import method_decorator
from django.views import View
from idem_runtime import money_moving


class Base(View):
    @method_decorator(money_moving)
    def post(self, request): ...


class Child(Base):
    def post(self, request): ...


urlpatterns = [path("a", Base.as_view()), path("b", Child.as_view())]
"""


def test_the_mark_on_a_method_that_a_class_overrides_is_not_the_classes_own(tmp_path: Path) -> None:
    found = {
        each.qualname: each.marks for each in inventory_of(tmp_path, {"wallet/views.py": OVERRIDES}).handlers
    }
    assert found["Child.post"] == ()
    assert [mark.problem for mark in found["Base.post"]] == [""]

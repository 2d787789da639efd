"""Sources that are rare and legal, or broken: each is judged, and what registers in it is found."""

from __future__ import annotations

from pathlib import Path

import pytest

from idem_lint.engine.imports import ParseError, parse
from idem_lint.judging.project_verdicts import Project
from idem_lint.settings.config import Config

HEAD = """
import copy
import typing

from flask import Flask, request
from flask.views import MethodView

app = Flask(__name__)


@app.post("/a")
def transfer():
    return "x"
"""
SERVED = '\napp.add_url_rule("/t", view_func=T.as_view("t"))'
MADE = {
    "members by keyword": 'T = type("T", (MethodView,), dict(post=lambda self: "x"))' + SERVED,
    "members by a name": 'MEMBERS = {}\nT = type("T", (MethodView,), MEMBERS)' + SERVED,
    "bases by a name": 'BASES = (MethodView,)\nT = type("T", BASES, {})' + SERVED,
    "a name that is computed": 'T = type("T" + "x", [MethodView], {"post": transfer})' + SERVED,
    "library calls without arguments": 'app.add_url_rule("/t", view_func=copy.copy(), methods=["POST"])',
    "a header of a name that no loop binds": (
        'def read():\n    name = "X"\n    for other in ("A",):\n        request.headers.get(name + other)'
    ),
}


@pytest.mark.parametrize("source", MADE.values(), ids=MADE)
def test_what_stands_beside_a_handler_hides_it_from_nobody(source: str, tmp_path: Path) -> None:
    path = tmp_path / "wallet" / "views.py"
    project = Project(Config(root=tmp_path), overlay={path: f"{HEAD}\n\n{source}\n".encode()})
    (report,) = project.reports([path])
    assert report.fault is None
    assert "transfer" in {handler.qualname for handler in report.handlers}


@pytest.mark.parametrize(
    "source",
    [
        "except_ = 1\ntry:\n    pass\nexcept A, B:\n    pass\ntype X[T]\n",
        "try:\n    pass\nexcept A, B:\n    pass\nx = f'open {1}\n",
    ],
    ids=["an alias without a value", "an f-string that is not closed"],
)
def test_broken_source_beside_newer_syntax_is_refused(source: str) -> None:
    with pytest.raises(ParseError):
        parse(source.encode())

"""Sources that are rare and legal, or broken: each is judged, and what registers in it is found."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from idem_lint.engine.imports import ParseError, parse
from idem_lint.judging.project_verdicts import Project
from idem_lint.running.project_run import inventory
from idem_lint.settings.config import Config
from tests.lint.casecheck import CASES

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
SELF = re.compile(r"(?<=def )(\w+\((?:self|cls))(?=[,)])")
OBJECTS = """
from fastapi import APIRouter
from idem_runtime import money_moving

router = APIRouter()


class Marks:
    def plain(self, function):
        return function

    def alone(self_, function, /):
        return function

    @staticmethod
    def same(function, other=None):
        return function


class Routes:
    def __init__(self, found):
        self.found = found

    def post(self, path):
        return self.found.post(path)


marks = Marks()
routes = Routes(router)


@router.post("/a")
@marks.plain
@money_moving
def first():
    return "x"


@routes.post("/b")
@marks.alone
@Marks.same
@money_moving
def second():
    return "x"
"""
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


@pytest.mark.parametrize(
    "framework",
    ["aiohttp", "django", "drf", "falcon", "fastapi", "flask", "flask_restful", "sanic", "tornado"],
)
def test_an_object_that_is_given_by_its_position_alone_is_an_object(framework: str, tmp_path: Path) -> None:
    sources = {path.relative_to(CASES): path.read_text() for path in (CASES / framework).rglob("*.py")}
    found = {}
    for kind, first in (("as it is", r"\1"), ("by position", r"\1, /")):
        root = tmp_path / kind
        for path, text in {**sources, Path("wallet/objects.py"): OBJECTS}.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(SELF.sub(first, text))
        listed = inventory([root], Config(root=root, all_domains=True))
        assert listed.faults == ()
        found[kind] = [(each.qualname, each.methods, each.mark, each.place.line) for each in listed.handlers]
    assert found["by position"] == found["as it is"]

"""One function behind several routes or methods: what one mark without ``operation=`` would answer for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from idem_runtime import ConfigurationError, Idempotency
from tests.lint.judging.test_advice import handlers

HEAD = """\
import os
from aiohttp import web
from fastapi import APIRouter, FastAPI
from idem_runtime import money_moving
app = FastAPI()
router = APIRouter()
"""
CASES = {
    "two routes": ('@app.post("/a")\n@app.post("/b")\ndef pay(): ...\n', ("POST /b", "POST /a")),
    "a route and another method": (
        '@app.post("/a")\n@app.put("/a")\ndef pay(): ...\n',
        ("PUT /a", "POST /a"),
    ),
    "methods of one call": (
        '@app.api_route("/a", methods=["PUT", "POST"])\ndef pay(): ...\n',
        ("POST /a", "PUT /a"),
    ),
    "methods from somewhere": (
        'ONE = ["POST"] if os.name else ["PUT"]\n@app.api_route("/a", methods=ONE)\ndef pay(): ...\n',
        (),
    ),
    "reading is another rule's": ('@app.post("/a")\n@app.get("/a")\ndef pay(): ...\n', ()),
    "one route": ('@app.post("/a")\ndef pay(): ...\n', ()),
    "routes that are not known": (
        'one, two = APIRouter(), APIRouter()\n@one.post("/a")\n@two.post("/b")\ndef pay(): ...\n',
        (),
    ),
    "routers that one application includes, with what nobody knows": (
        (
            "one, two = APIRouter(), APIRouter()\n"
            'app.include_router(one, prefix=os.environ["A"])\napp.include_router(two)\n'
            '@one.post("/a")\n@two.post("/b")\ndef pay(): ...\n'
        ),
        (),
    ),
    "a router that is in itself": (
        'router.include_router(router)\n@router.post("/a")\n@router.post("/b")\ndef pay(): ...\n',
        ("POST /b", "POST /a"),
    ),
    "a router that one call includes in all of them": (
        (
            "def serve(other):\n    other.include_router(router, prefix='/x')\n    other.include_router(router, prefix='/y')\n"
            "serve(app)\n@router.post('/a')\ndef pay(): ...\n"
        ),
        ("POST /x/a", "POST /y/a"),
    ),
    "a router under prefixes that nobody knows": (
        (
            'app.include_router(router, prefix=os.environ["A"])\napp.include_router(router)\n'
            "@router.post('/a')\ndef pay(): ...\n"
        ),
        (),
    ),
    "a table of a function": (
        (
            "async def pay(request): ...\ndef make():\n    made = web.Application()\n"
            '    made.add_routes([web.post("/a", pay), web.post("/b", pay)])\n    return made\n'
        ),
        ("POST /a", "POST /b"),
    ),
    "one call for each caller": (
        "def pay(): ...\ndef add(path):\n    made = FastAPI()\n    made.post(path)(pay)\nadd('/a')\nadd('/b')\n",
        (),
    ),
    "what a function registers, if anybody calls it": (
        'def pay(): ...\napp.post("/a")(pay)\ndef legacy():\n    app.post("/b")(pay)\n',
        (),
    ),
    "a router that is included twice under one prefix": (
        (
            'app.include_router(router, prefix="/x")\napp.include_router(router, prefix="/x")\n'
            '@router.post("/a")\ndef pay(): ...\n'
        ),
        (),
    ),
    "a lambda": ('app.post("/a")(lambda: 1)\n', ()),
    "a mark that names it, and one that does not": (
        '@app.post("/a")\n@app.post("/b")\n@money_moving(operation="pay")\ndef pay(): ...\n',
        (),
    ),
    "a mark below one of them": ('@app.post("/a")\n@money_moving\n@app.put("/b")\ndef pay(): ...\n', ()),
}


@pytest.mark.parametrize("name", CASES)
def test_a_function_is_asked_for_a_name_where_the_source_shows_several_operations(
    name: str, tmp_path: Path
) -> None:
    source, expected = CASES[name]
    (handler,) = handlers(HEAD + source, tmp_path)
    assert sorted(handler.operations) == sorted(expected)


VIEWS = """\
from flask import Flask
from flask.views import MethodView
from idem_runtime import money_moving
app = Flask(__name__)
class Base(MethodView):
    {mark}
    def post(self): return "done"
"""
OF_ONE_BASE = """\
class First(Base): ...
class Second(Base): ...
app.add_url_rule("/a", view_func=First.as_view("a"))
app.add_url_rule("/b", view_func=Second.as_view("b"))
"""


def test_a_method_of_a_base_is_asked_for_a_name_where_two_views_answer_by_it(tmp_path: Path) -> None:
    found = handlers(VIEWS.format(mark="@money_moving") + OF_ONE_BASE, tmp_path)
    operations = {handler.qualname: sorted(handler.operations) for handler in found}
    assert operations == {"First": ["POST /a", "POST /b"], "Second": ["POST /a", "POST /b"]}


@pytest.mark.parametrize(
    ("mark", "views"),
    [
        ('@money_moving(operation="pay")', OF_ONE_BASE),
        (
            "@money_moving",
            'class First(Base): ...\napp.add_url_rule("/a", view_func=First.as_view("a"))\n',
        ),
        (
            "@money_moving",
            OF_ONE_BASE.replace(
                "class Second(Base): ...", "class Second(Base):\n    def post(self): return 'own'"
            ),
        ),
    ],
    ids=["named", "one view", "a method of its own"],
)
def test_a_method_of_a_base_is_asked_for_none_where_one_view_answers_or_a_name_is_given(
    mark: str, views: str, tmp_path: Path
) -> None:
    found = handlers(VIEWS.format(mark=mark) + views, tmp_path)
    assert [handler.qualname for handler in found if handler.operations] == []


def test_start_up_refuses_a_method_of_a_base_that_two_views_answer_by() -> None:
    names: dict[str, Any] = {"__name__": "refused"}
    exec(VIEWS.format(mark="@money_moving") + OF_ONE_BASE, names)
    with pytest.raises(ConfigurationError, match="one marked function answers POST /a and POST /b"):
        Idempotency("postgresql://nowhere.invalid/", principal=lambda request: "p").init_app(names["app"])

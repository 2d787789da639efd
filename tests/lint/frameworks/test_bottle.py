"""Bottle: methods that stand for all, and plugins."""

from __future__ import annotations

from pathlib import Path

from tests.lint.frameworks.projects import handlers_of, marks_of

PROXY = """
from bottle import Bottle

app = Bottle()


@app.route("/<path:path>", ["PROXY"])
def forward(path):
    return path


@app.route("/<path:path>", ["GET"])
def read(path):
    return path
"""
PLUGINS = """
import bottle
from idem_runtime import money_moving

app = bottle.Bottle()
other = bottle.Bottle()
other.install(money_moving)


@app.post("/pay")
def unguarded():
    return {}


@other.post("/pay")
def guarded():
    return {}


@bottle.post("/pay")
def default():
    return {}
"""


def test_proxy_stands_for_any_method(tmp_path: Path) -> None:
    assert handlers_of(tmp_path, {"app.py": PROXY}) == {"forward": "ANY"}


def test_a_plugin_wraps_the_routes_of_its_own_application(tmp_path: Path) -> None:
    assert marks_of(tmp_path, PLUGINS) == {"unguarded": False, "guarded": True, "default": False}

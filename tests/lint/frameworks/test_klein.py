"""Klein: routes that answer any method unless told."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lint.frameworks.annotated import check_source, sources

TABLE = """
### methods, none, and a route that something else takes
from idem_runtime import money_moving
from klein import Klein, Plating, route

app = Klein()
style = Plating()


@app.route("/transfers", methods=["POST"])
def transfer(request): ...  # found


@app.route("/any")
def anything(request): ...  # found


@app.route("/limits", methods=["GET"])
def limits(request): ...


@style.routed(app.route("/page", methods=["POST"]), None)
def page(request): ...  # found


@route("/global", methods=["POST"])
@money_moving
def marked(request): ...  # found: money_moving


@money_moving
@app.route("/above", methods=["POST"])
def above(request): ...  # idle


class Store:
    app = Klein()

    @app.route("/item", methods=["POST"])
    def item(self, request): ...  # found


with app.subroute("/cards") as cards:
    @cards.route("/charge", methods=["POST"])
    def charge(request): ...  # found
"""


@pytest.mark.parametrize("source", sources(TABLE))
def test_what_registers_is_found(source: str, tmp_path: Path) -> None:
    check_source(source, tmp_path)

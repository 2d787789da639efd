"""Sanic: spellings that the cases do not reach."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lint.frameworks.annotated import check_source, sources

TABLE = """
### methods that only a part is known of
from sanic import Blueprint
from elsewhere import more

bp = Blueprint("wallet")


@bp.route("/part", methods=["GET", *more()])
async def part(request): ...  # undecided


@bp.route("/enough", methods=["POST", *more()])
async def enough(request): ...  # found

### methods by position, and a view that is put behind the mark later
from sanic import Blueprint
from sanic.views import HTTPMethodView
from idem_runtime import money_moving

bp = Blueprint("wallet")


@bp.route("/pay", {"POST", "GET"})
async def pay(request): ...  # found


async def added(request): ...  # found


bp.add_route(added, "/added", ["POST"])


class Desk(HTTPMethodView):
    async def post(self, request): ...  # found: money_moving


bp.add_route(Desk.as_view(), "/desk")
Desk.post = money_moving(Desk.post)
"""


@pytest.mark.parametrize("source", sources(TABLE))
def test_what_registers_is_found(source: str, tmp_path: Path) -> None:
    check_source(source, tmp_path)

"""FastAPI: guards given as dependencies, and descriptions that are no routes."""

from __future__ import annotations

from pathlib import Path

import pytest

from idem_lint.running.project_run import inventory
from idem_lint.settings.config import Config
from tests.lint.frameworks.annotated import check_source, sources

GUARDED = """
from typing import Annotated, Optional

from fastapi import APIRouter, Depends, Security

from bank.guards import guard, other

guarded = APIRouter(prefix="/guarded", dependencies=[Depends(guard)])
plain = APIRouter(prefix="/plain")


@guarded.post("/by-router")
def by_router(): ...


@plain.post("/by-route", dependencies=[Depends(other), Security(guard)])
def by_route(): ...


@plain.post("/by-default")
def by_default(amount: int = 1, key=Depends(guard)): ...


@plain.post("/by-keyword")
def by_keyword(*, amount: Optional[int] = None, key=Depends(guard)): ...


@plain.post("/by-annotation")
def by_annotation(key: Annotated[str, Depends(guard)]): ...


@plain.post("/open")
def open_to_all(key: Annotated[str, Depends(other)], more: dict[str, int]): ...


plain.post("/lambda")(lambda: None)
"""
TABLE = """
### single routes that only describe, and a router that does both
from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute

app = FastAPI()
described = APIRouter()
both = APIRouter()


def settled(body: dict): ...


def returned(body: dict): ...


def transfer(body: dict): ...  # found


late = APIRoute("returned", returned, methods=["POST"])
app.webhooks.routes.extend([APIRoute("settled", settled, methods=["POST"])])
app.webhooks.routes.append(late)
app.router.routes.append(APIRoute("/transfers", transfer, methods=["POST"]))


@described.post("reversed")
def reverse(): ...


@both.post("/pay")
def pay(): ...  # found


app.webhooks.include_router(described)
app.webhooks.include_router(both)
app.include_router(both)

### webhooks and callbacks are described, not served
from fastapi import APIRouter, FastAPI

app = FastAPI()
partner = APIRouter()
hooks = APIRouter()
own = APIRouter()
described = FastAPI(webhooks=hooks)


@app.webhooks.post("settled")
def settled(): ...


@partner.post("{$callback_url}")
def done(): ...


@hooks.post("returned")
def returned(): ...


@own.post("/pay", callbacks=partner.routes)
def pay(): ...  # found


@own.post("/again", callbacks=unknown)
def again(): ...  # found

### a verb that is computed is undecided
import os

from fastapi import FastAPI
from idem_runtime import money_moving

app = FastAPI()


@getattr(app, os.environ["VERB"])("/pay")
def pay(): ...  # undecided


for verb in ("post", "put"):

    @getattr(app, verb)("/known")
    def known(): ...  # found

### modules that import each other's names by star
from fastapi import APIRouter
from wallet.two import *

router = APIRouter()


@router.post("/pay")
@mystery
def pay(): ...  # found

--- wallet/two.py
from wallet.app import *

### a decorator that a function makes, known elsewhere under another name
from wallet.web import command as cmd


@cmd("/pay")
def pay(): ...  # found

--- wallet/web.py
from fastapi import APIRouter

router = APIRouter()


def command(path):
    return router.post(path, status_code=202)


def several(paths):
    return [router.post(path) for path in paths]


def client(session, path):
    return session.post(path)
"""


def test_dependencies_that_imply_a_mark_guard_the_handler(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(GUARDED)
    config = Config(root=tmp_path, all_domains=True, extend_marks={"bank.guards.guard": "money_moving"})
    found = {each.qualname: each.mark for each in inventory([tmp_path], config).handlers}
    assert found == {
        **dict.fromkeys(
            ("by_router", "by_route", "by_default", "by_keyword", "by_annotation"), "money_moving"
        ),
        "open_to_all": None,
        "<lambda>": None,
    }


@pytest.mark.parametrize("source", sources(TABLE))
def test_what_registers_is_found(source: str, tmp_path: Path) -> None:
    check_source(source, tmp_path)

"""Where a mark takes effect in FastAPI."""

from __future__ import annotations

import warnings
from typing import Any

from tests.lint.positions.stacks import every_post_runs_the_mark, snippets, stacks

with warnings.catch_warnings():  # Starlette asks for httpx's successor, which it does not require
    warnings.simplefilter("ignore", UserWarning)
    from fastapi.testclient import TestClient

PRELUDE = """\
from functools import partial, wraps

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from recorder import money_moving

app = FastAPI()
router = APIRouter()
"""

PAY = """
async def pay():
    return {}
"""

TABLE = (
    *stacks('@router.post("/pay")', '@router.post("/pay-again")', PAY),
    ("api_route, below", True, f'@router.api_route("/pay", methods=["POST"])\n@money_moving{PAY}'),
    ("api_route, above", False, f'@money_moving\n@router.api_route("/pay", methods=["POST"]){PAY}'),
    (
        "between POST above and GET below",
        True,
        f'@router.post("/pay")\n@money_moving\n@router.get("/pay"){PAY}',
    ),
    (
        "between GET above and POST below",
        False,
        f'@router.get("/pay")\n@money_moving\n@router.post("/pay"){PAY}',
    ),
    (
        "marked, added by call",
        True,
        f'@money_moving{PAY}\nrouter.add_api_route("/pay", pay, methods=["POST"])\n',
    ),
    (
        "wrapped when added",
        True,
        f'{PAY}\nrouter.add_api_route("/pay", money_moving(pay), methods=["POST"])\n',
    ),
    ("rebound before it is added", True, f'{PAY}\npay = money_moving(pay)\nrouter.post("/pay")(pay)\n'),
    (
        "rebound after it was added",
        False,
        f'{PAY}\nrouter.add_api_route("/pay", pay, methods=["POST"])\npay = money_moving(pay)\n',
    ),
    ("result of the registration wrapped", False, f'{PAY}\npay = money_moving(router.post("/pay")(pay))\n'),
    ("wrapped inside the registration", True, f'{PAY}\nrouter.post("/pay")(money_moving(pay))\n'),
    ("wrapped lambda", True, 'router.post("/pay")(money_moving(lambda: {}))\n'),
    ("marked, below a partial", True, f'@money_moving{PAY}\nrouter.post("/pay")(partial(pay))\n'),
    (
        "partial of an unmarked function wrapped",
        True,
        f'{PAY}\nrouter.post("/pay")(money_moving(partial(pay)))\n',
    ),
    (
        "decorator in a variable, below",
        True,
        f'register = router.post("/pay")\n\n\n@register\n@money_moving{PAY}',
    ),
    (
        "decorator in a variable, above",
        False,
        f'register = router.post("/pay")\n\n\n@money_moving\n@register{PAY}',
    ),
    ("bare name, below", True, f"post = router.post\n\n\n@post('/pay')\n@money_moving{PAY}"),
    ("bare name, above", False, f"post = router.post\n\n\n@money_moving\n@post('/pay'){PAY}"),
    (
        "route object, marked",
        True,
        f'@money_moving{PAY}\napp.routes.append(APIRoute("/pay", pay, methods=["POST"]))\n',
    ),
    (
        "route object, wrapped",
        True,
        f'{PAY}\napp.routes.append(APIRoute("/pay", money_moving(pay), methods=["POST"]))\n',
    ),
    (
        "bound method",
        True,
        """
class Desk:
    @money_moving
    async def pay(self):
        return {}


router.add_api_route("/pay", Desk().pay, methods=["POST"])
""",
    ),
    (
        "overridden without the mark",
        False,
        """
class Base:
    def __init__(self):
        router.add_api_route("/pay", self.pay, methods=["POST"])

    @money_moving
    async def pay(self):
        return {}


class Desk(Base):
    async def pay(self):
        return {}


Desk()
""",
    ),
    (
        "inherited with the mark",
        True,
        """
class Base:
    @money_moving
    async def pay(self):
        return {}


class Desk(Base):
    def __init__(self):
        router.add_api_route("/pay", self.pay, methods=["POST"])


Desk()
""",
    ),
    (
        "method rebound after it was registered",
        False,
        """
class Desk:
    async def pay(self):
        return {}


router.add_api_route("/pay", Desk().pay, methods=["POST"])
Desk.pay = money_moving(Desk.pay)
""",
    ),
    (
        "composed decorator, mark inside",
        True,
        f"""
def endpoint(path):
    def decorate(function):
        return router.post(path)(money_moving(function))

    return decorate


@endpoint("/pay"){PAY}""",
    ),
    (
        "composed decorator, mark outside",
        False,
        f"""
def endpoint(path):
    def decorate(function):
        return money_moving(router.post(path)(function))

    return decorate


@endpoint("/pay"){PAY}""",
    ),
    (
        "composed mark, below",
        True,
        f"""
def moves(function):
    return money_moving(function)


@router.post("/pay")
@moves{PAY}""",
    ),
    (
        "composed mark, above",
        False,
        f"""
def moves(function):
    return money_moving(function)


@moves
@router.post("/pay"){PAY}""",
    ),
    (
        "registrar helper, wrapped",
        True,
        f"""
def register(path, function):
    router.add_api_route(path, function, methods=["POST"])

{PAY}
register("/pay", money_moving(pay))
""",
    ),
    (
        "registrar that wraps",
        True,
        f"""
def register(path, function):
    router.add_api_route(path, money_moving(function), methods=["POST"])

{PAY}
register("/pay", pay)
""",
    ),
    (
        "loop that wraps",
        True,
        f"""{PAY}
for path in ("/pay", "/pay-again"):
    router.post(path)(money_moving(pay))
""",
    ),
    (
        "second registration of a name marked above its first route",
        False,
        f'@money_moving\n@router.post("/pay"){PAY}\nrouter.post("/pay-again")(pay)\n',
    ),
    (
        "static method, mark inside",
        True,
        """
class Desk:
    @router.post("/pay")
    @staticmethod
    @money_moving
    async def pay():
        return {}
""",
    ),
    (
        "static method, mark between staticmethod and route",
        False,
        """
class Desk:
    @staticmethod
    @money_moving
    @router.post("/pay")
    async def pay():
        return {}
""",
    ),
)

SNIPPETS = snippets(PRELUDE, TABLE, "\napp.include_router(router)\n")


def _post(app: Any, path: str) -> int:
    return TestClient(app).post(path).status_code


def is_effective(source: str) -> bool:
    """Whether each POST of the snippet runs the mark, sent through FastAPI's own client."""
    return every_post_runs_the_mark(source, _post)

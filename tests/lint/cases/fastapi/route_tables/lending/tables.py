from typing import NamedTuple

from fastapi import APIRouter, FastAPI

from idem_runtime import money_moving, not_money_moving


@money_moving
async def disburse(): return {}


async def repay(): return {}


async def schedule(): return {}


@not_money_moving(reason="simulates, writes nothing")
async def simulate(): return {}


async def write_off(): return {}


async def restructure(): return {}


async def penalty(): return {}


async def rates(): return {}


async def accrue(): return {}


async def collect(): return {}


async def score(): return {}


class Spec(NamedTuple):
    path: str
    endpoint: object
    methods: tuple[str, ...] = ("GET",)


ROUTES = [
    ("/lending/disburse", disburse, ["POST"]),
    ("/lending/repay", repay, ["POST"]),
    ("/lending/schedule", schedule, ["GET"]),
]
POSTS = {"/lending/simulate": simulate, "/lending/write-off": write_off}
GETS = {"/lending/rates": rates}
SPECS = (
    Spec("/lending/restructure", restructure, ("POST",)),
    Spec(path="/lending/score", endpoint=score),
)
OPTIONS = [
    {"path": "/lending/penalty", "endpoint": penalty, "methods": ["POST"]},
]


def register(app: FastAPI) -> None:
    router = APIRouter()
    for path, endpoint, methods in ROUTES:
        router.add_api_route(path, endpoint, methods=methods)
    for path, endpoint in POSTS.items():
        router.add_api_route(path, endpoint, methods=["POST"])
    for path, endpoint in GETS.items():
        router.add_api_route(path, endpoint, methods=["GET"])
    for spec in SPECS:
        router.add_api_route(spec.path, spec.endpoint, methods=spec.methods)
    for options in OPTIONS:
        router.add_api_route(**options)
    for endpoint in (accrue, collect):
        router.post(f"/lending/{endpoint.__name__}")(endpoint)
    app.include_router(router)

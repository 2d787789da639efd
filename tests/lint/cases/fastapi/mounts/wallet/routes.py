from collections.abc import Callable

from fastapi import APIRouter, Depends, Request
from fastapi.routing import APIRoute


async def guard(request: Request) -> None:
    request.state.guarded = True


class TimedRoute(APIRoute):
    def get_route_handler(self) -> Callable:
        inner = super().get_route_handler()

        async def timed(request: Request):
            return await inner(request)

        return timed


inner = APIRouter(prefix="/inner", route_class=TimedRoute, dependencies=[Depends(guard)])
outer = APIRouter(prefix="/outer")


@inner.post("/wallet/lock", dependencies=[Depends(guard)])
async def lock(): return {}


@outer.post("/wallet/unlock")
async def unlock(): return {}


outer.include_router(inner)


@inner.post("/wallet/added-after-include")
async def added_after_include(): return {}


@outer.websocket("/wallet/stream")
async def stream(websocket): await websocket.close()

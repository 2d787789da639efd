from fastapi import APIRouter

from platform_web.routing import Proxy

routes = Proxy(APIRouter(prefix="/wallet/proxied"))


@routes.post("/send")
def send():
    return {}


@routes.get("/sent")
def sent():
    return []

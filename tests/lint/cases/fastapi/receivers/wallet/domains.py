from fastapi import APIRouter

ROUTERS: dict[str, APIRouter] = {"wallet": APIRouter(prefix="/d/wallet"), "ewa": APIRouter(prefix="/d/ewa")}


@ROUTERS["wallet"].post("/close")
def close_wallet():
    return {}


@ROUTERS["ewa"].post("/advance")
def advance():
    return {}


@ROUTERS["ewa"].get("/limits")
def limits():
    return {}


wallet_routes = ROUTERS["wallet"]


@wallet_routes.post("/open")
def open_wallet():
    return {}

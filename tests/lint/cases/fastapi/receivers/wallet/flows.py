from functools import lru_cache

from fastapi import APIRouter

left, right = APIRouter(prefix="/left"), APIRouter(prefix="/right")

if (chosen := APIRouter(prefix="/chosen")) is not None:

    @chosen.post("/wallet/pay")
    def pay():
        return {}


@lru_cache
def get_router() -> APIRouter:
    return APIRouter(prefix="/cached")


@get_router().post("/wallet/redeem")
def redeem():
    return {}


@left.post("/wallet/split")
def split():
    return {}


@(right).post("/wallet/join")
def join():
    return {}


class Holder:
    routes = APIRouter(prefix="/holder")

    @routes.post("/wallet/hold")
    @staticmethod
    def hold():
        return {}

    @staticmethod
    @routes.post("/wallet/release")
    def release():
        return {}


@Holder.routes.post("/wallet/capture")
def capture():
    return {}

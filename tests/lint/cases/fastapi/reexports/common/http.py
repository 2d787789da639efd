import fastapi
from fastapi import APIRouter as HttpRouter
from fastapi import Depends, Request

__all__ = ["Depends", "HttpRouter", "Request", "new_router"]


def new_router(prefix: str):
    return fastapi.APIRouter(prefix=prefix)

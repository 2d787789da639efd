from __future__ import annotations

from typing import TYPE_CHECKING

from .typed_router import api
from .verbs import post_json, read_json

if TYPE_CHECKING:
    from fastapi import APIRouter, FastAPI


def mount(router: APIRouter) -> APIRouter:
    @router.post("/wallet/checked")
    def checked(): return {}

    @router.get("/wallet/checked")
    def checked_get(): return {}

    return router


@post_json("/wallet/imported-verb")
def imported_verb(): return {}


@read_json("/wallet/imported-verb")
def imported_read(): return {}


mount(api)

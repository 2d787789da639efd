from __future__ import annotations

from django.urls import path
from ninja_extra import NinjaExtraAPI
from ninja_extra.router import Router

from wallet.controllers import made

api = NinjaExtraAPI()
router = Router()


@api.post("/direct")
def direct(request) -> dict[str, str]:
    return {}


@router.post("/routed")
def routed(request) -> dict[str, str]:
    return {}


@router.get("/read")
def read(request) -> dict[str, str]:
    return {}


api.add_router("/router", router)
api.register_controllers(*made)
urlpatterns = [path("api/", api.urls)]

from __future__ import annotations

import ninja_extra
from ninja_extra import ControllerBase, api_controller, http_generic, http_get, http_post, route
from ninja_extra.controllers import http_post as posting

from idem_runtime import money_moving, not_money_moving


@api_controller("/transfers", tags=["transfers"])
class TransferController(ControllerBase):
    @http_post("")
    @money_moving
    def transfer(self) -> dict[str, str]:
        return {}

    @http_get("")
    def transfers(self) -> list[int]:
        return []

    @route.post("/bulk")
    def bulk(self) -> dict[str, str]:
        return {}

    @http_generic("/settings", methods=["get", "post"])
    def preferences(self) -> dict[str, str]:
        return {}

    @route.generic("/label", methods=["PATCH", "DELETE"])
    def label(self) -> dict[str, str]:
        return {}

    @posting("/quote")
    @not_money_moving(reason="prices only")
    async def quote(self) -> dict[str, str]:
        return {}

    @money_moving
    @http_post("/outside")
    def marked_outside(self) -> dict[str, str]:
        return {}

    def post(self) -> dict[str, str]:
        """No route decorator: no route."""
        return {}


@api_controller
class PlainController:
    """Without the framework's base: the decorator brings it."""

    @http_post("/plain")
    def plain(self) -> dict[str, str]:
        return {}

    @http_post("/plain/{pk}")
    def addressed(self, pk: int) -> dict[str, int]:
        return {"pk": pk}


@ninja_extra.api_controller("/admin")
class AdminController(ninja_extra.ControllerBase):
    @ninja_extra.http_post("/freeze")
    def freeze(self) -> dict[str, str]:
        return {}

    @ninja_extra.route.delete("/freeze")
    def thaw(self) -> dict[str, str]:
        return {}


@api_controller("/unregistered", auto_import=False)
class UnregisteredController(ControllerBase):
    @http_get("/")
    def listing(self) -> list[int]:
        return []

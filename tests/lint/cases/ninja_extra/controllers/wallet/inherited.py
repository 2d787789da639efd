from __future__ import annotations

from common.controllers import ReversibleBase
from ninja_extra import ControllerBase, api_controller, http_get, http_post

from idem_runtime import money_moving


@api_controller("/deposits")
class DepositController(ReversibleBase):
    @http_post("")
    @money_moving
    def deposit(self) -> dict[str, str]:
        return {}


@api_controller("/reads")
class ReadController(ControllerBase):
    @http_get("")
    def listing(self) -> list[int]:
        return []

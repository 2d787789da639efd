from __future__ import annotations

from ninja_extra import ControllerBase, http_post


class ReversibleBase(ControllerBase):
    @http_post("/reverse")
    def reverse(self) -> dict[str, str]:
        return {}

    def helper(self) -> dict[str, str]:
        return {}

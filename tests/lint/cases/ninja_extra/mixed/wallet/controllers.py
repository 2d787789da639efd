from __future__ import annotations

from ninja_extra import ControllerBase, api_controller, http_post


def controller_for(kind: str) -> type[ControllerBase]:
    """One class body serves several resources."""

    @api_controller(f"/{kind}", tags=[kind])
    class Controller(ControllerBase):
        @http_post("")
        def create(self) -> dict[str, str]:
            return {"kind": kind}

    return Controller


made = [controller_for("cards"), controller_for("labels")]

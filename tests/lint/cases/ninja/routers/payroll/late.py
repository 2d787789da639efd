from __future__ import annotations

from ninja import Router

router = Router()


@router.post("/pay")
def pay(request) -> dict[str, str]:
    return {}

from __future__ import annotations

from django.http import HttpRequest
from ninja import Router

from idem_runtime import money_moving

router = Router()
entries = Router(tags=["entries"])


@router.post("/transfers")
@money_moving
def transfer(request: HttpRequest) -> dict[str, str]:
    return {}


@router.delete("/transfers/{transfer_id}")
def cancel(request: HttpRequest, transfer_id: int) -> dict[str, str]:
    return {}


@entries.get("/")
def listing(request: HttpRequest) -> list[int]:
    return []


@entries.post("/")
def book(request: HttpRequest) -> dict[str, str]:
    return {}

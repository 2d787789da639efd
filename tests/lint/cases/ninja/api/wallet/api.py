from __future__ import annotations

from django.http import HttpRequest
from ninja import NinjaAPI, Schema

from idem_runtime import money_moving, not_money_moving

api = NinjaAPI(title="wallet")
internal = NinjaAPI(title="internal", version="internal-1", urls_namespace="internal")
WRITES = ["POST", "PUT"]


class Amount(Schema):
    amount: int


@api.post("/transfers")
@money_moving
def transfer(request: HttpRequest, payload: Amount) -> dict[str, int]:
    return {"moved": payload.amount}


@api.get("/transfers")
def transfers(request: HttpRequest) -> list[int]:
    return []


@api.post("/deposits", response={201: Amount}, tags=["desk"])
async def deposit(request: HttpRequest, payload: Amount) -> tuple[int, Amount]:
    return 201, payload


@api.api_operation(["GET", "POST"], "/settings")
def settings(request: HttpRequest) -> dict[str, str]:
    return {}


@api.api_operation(path="/holds/{hold}", methods=WRITES)
def hold(request: HttpRequest, hold: int) -> dict[str, int]:
    return {"hold": hold}


@api.api_operation(["post"], "/whispered")
def whispered(request: HttpRequest) -> dict[str, str]:
    """ninja compares with the upper-case method: 405."""
    return {}


@api.api_operation(("PATCH", "DELETE"), "/labels")
def label(request: HttpRequest) -> dict[str, str]:
    return {}


@internal.post("/quotes")
@not_money_moving(reason="prices only")
def quote(request: HttpRequest, payload: Amount) -> dict[str, int]:
    return {"fee": payload.amount}


@internal.post("/payouts")
@internal.post("/v1/payouts", deprecated=True)
@internal.put("/payouts")
def payout(request: HttpRequest, payload: Amount) -> dict[str, int]:
    return {"paid": payload.amount}


@internal.api_operation(["GET", "POST"], "/first")
def first(request: HttpRequest) -> dict[str, str]:
    return {}


@internal.post("/first")
def hidden_behind_first(request: HttpRequest) -> dict[str, str]:
    """Never chosen: the operation above takes POST on this path."""
    return {}


@internal.post("/again")
def again(request: HttpRequest) -> dict[str, int]:
    return {"version": 1}


@internal.post("/again/v2")
def again(request: HttpRequest) -> dict[str, int]:  # noqa: F811
    return {"version": 2}

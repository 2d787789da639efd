from __future__ import annotations

from typing import Any

from litestar import Controller, delete, get, post, put, route
from litestar.connection import ASGIConnection
from litestar.handlers.base import BaseRouteHandler

from idem_runtime import money_moving


def tenant_guard(connection: ASGIConnection, handler: BaseRouteHandler) -> None: return None


class WalletController(Controller):
    path = "/wallet"
    guards = [tenant_guard]

    @post()
    @money_moving
    async def open(self) -> dict[str, str]: return {}

    @post("/{wallet_id:int}/close", guards=[tenant_guard])
    async def close(self, wallet_id: int) -> dict[str, int]: return {"id": wallet_id}

    @get()
    async def index(self) -> list[str]: return []

    @put("/{wallet_id:int}")
    async def rename(self, wallet_id: int) -> dict[str, int]: return {"id": wallet_id}

    @delete("/{wallet_id:int}")
    async def remove(self, wallet_id: int) -> None: return None

    async def post(self, entry: Any) -> Any: return entry


class BasePotController(Controller):
    @get("/pots")
    async def pots(self) -> list[str]: return []

    async def describe(self) -> dict[str, str]: return {}


class SavingsController(BasePotController):
    path = "/savings"

    @route("/sweep", http_method=["POST"])
    async def sweep(self) -> dict[str, str]: return {}

    @staticmethod
    def helper() -> None: return None


def resource(name: str) -> type[Controller]:
    class ResourceController(Controller):
        path = f"/{name}"

        @post("/")
        async def create(self) -> dict[str, str]: return {"created": name}

    return ResourceController


LoanController = resource("loans")


class TransferBase(Controller):
    """Registered only through its subclasses."""

    @post("/start")
    async def start(self) -> dict[str, str]: return {}

    @post("/finish")
    async def finish(self) -> dict[str, str]: return {}


class InstantTransfers(TransferBase):
    path = "/instant"

    @post("/finish")
    @money_moving
    async def finish(self) -> dict[str, str]: return {}

from __future__ import annotations

from ninja import NinjaAPI

from config.routers import BankRouter
from payroll.api import runs
from wallet.api import entries, router as wallet_router

api = NinjaAPI()
savings = BankRouter(scope="savings")

api.add_router("/wallet", wallet_router, tags=["wallet"])
api.add_router("/savings", savings)
api.add_router("/payroll", "payroll.late.router")
api.add_router("/runs", runs)
wallet_router.add_router("/entries", entries)


@savings.post("/pots")
def open_pot(request) -> dict[str, str]:
    return {}


@savings.money("/pots/sweep")
def sweep(request) -> dict[str, str]:
    return {}
